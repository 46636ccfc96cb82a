// The page of `denseam compare` in a real browser: what it shows, with and without its script, in light
// and dark, on a wide screen and a narrow one; and that it is quiet and asks the network for nothing.
//   node compare.mjs CHROMIUM PAGE.html [FOLDER]     FOLDER: keeps screenshots there
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Browser, Page } from "./browser.mjs";

const [program, file, folder] = process.argv.slice(2);
const url = pathToFileURL(resolve(file)).href;
const browser = new Browser(program);

const shown = (selector) => `[...document.querySelectorAll(${JSON.stringify(selector)})]
    .filter((e) => e.checkVisibility()).length`;
const texts = (selector) => `[...document.querySelectorAll(${JSON.stringify(selector)})]
    .map((e) => e.textContent.trim())`;
const choose = (index) => `(() => { const s = document.getElementById("baseline");
    s.value = "${index}"; s.dispatchEvent(new Event("change")); })()`;
const press = (kind) => `document.querySelector('[data-filter="${kind}"]').click()`;

async function keep(page, name) {
    if (folder) writeFileSync(join(folder, `${name}.png`), await page.picture());
}

async function nothing_sticks_out(page) {
    assert.equal(await page.run("document.documentElement.scrollWidth <= window.innerWidth"), true);
}

async function with_script() {
    const page = await Page.open(browser, url);
    await keep(page, "wide-light");
    const presets = await page.run(shown(".preset"));
    const devices = await page.run(texts("#baseline option"));
    assert.ok(presets >= 2 && devices.length >= 2);
    assert.equal(await page.run(shown(".controls")), 1);
    // Names from files are text, whatever they hold.
    assert.equal(await page.run("document.querySelectorAll('b b, script ~ script').length"), 0);
    // Every bar begins at zero and none is longer than its place; the longest nearly fills it.
    const widths = await page.run(`[...document.querySelectorAll(".preset")].map((c) =>
        [...c.querySelectorAll("rect")].map((r) => parseFloat(r.getAttribute("width"))))`);
    for (const group of widths.filter((w) => w.length > 0)) {
        assert.ok(Math.max(...group) <= 100 && Math.max(...group) > 50, String(group));
    }
    assert.ok(await page.run(shown("svg.roof circle")) > 0);

    // The other way round, every ratio is turned upside down.
    const before = await page.run(`[...document.querySelectorAll("#summary [data-c='1']")]
        .map((e) => Number(e.dataset.ratio))`);
    await page.run(choose(1));
    const after = await page.run(`[...document.querySelectorAll("#summary [data-c='0']")]
        .map((e) => Number(e.dataset.ratio))`);
    assert.equal(before.length, presets);
    assert.ok(before.every((ratio, i) => ratio > 0 && Math.abs(ratio * after[i] - 1) < 1e-6));
    assert.deepEqual(await page.run(texts("#summary [data-c='1'] .ratio")), before.map(() => "baseline"));
    await page.run(choose(0));

    // A filter hides the others everywhere, and all brings them back.
    const kinds = (await page.run(texts(".controls button"))).slice(1);
    assert.ok(kinds.length >= 2);
    let sum = 0;
    for (const kind of kinds) {
        await page.run(press(kind));
        const left = await page.run(shown(".preset"));
        assert.equal(await page.run(shown(`.preset[data-kind="${kind}"]`)), left);
        assert.equal(await page.run(shown("#summary [data-kind]")), left);
        sum += left;
    }
    await page.run(press(""));
    assert.equal(sum, presets);
    assert.equal(await page.run(shown(".preset")), presets);
    await nothing_sticks_out(page);
    assert.deepEqual(page.said, []);
    return presets;
}

// What the script computes at first is what the page says without it.
async function without_script(presets) {
    const still = await Page.open(browser, url, { script: false });
    const alive = await Page.open(browser, url);
    assert.equal(await still.run(shown(".controls")), 0);
    assert.equal(await still.run(shown(".preset")), presets);
    assert.deepEqual(await still.run(texts(".ratio")), await alive.run(texts(".ratio")));
    assert.deepEqual(await still.run(texts("[data-mean]")), await alive.run(texts("[data-mean]")));
    const classes = `[...document.querySelectorAll("[data-c]")].map((e) => e.className)`;
    assert.deepEqual(await still.run(classes), await alive.run(classes));
    assert.deepEqual(still.said, []);
}

async function colours_and_widths() {
    const ground = "getComputedStyle(document.body).backgroundColor";
    const light = await Page.open(browser, url, { width: 360 });
    const dark = await Page.open(browser, url, { dark: true });
    assert.notEqual(await light.run(ground), await dark.run(ground));
    await nothing_sticks_out(light);
    await nothing_sticks_out(dark);
    await keep(light, "narrow-light");
    await keep(dark, "wide-dark");
    assert.deepEqual([...light.said, ...dark.said], []);
}

let failed = false;
try {
    await without_script(await with_script());
    await colours_and_widths();
    console.log("the page does what it should");
} catch (error) {
    console.error(error);
    failed = true;
} finally {
    await browser.close();
}
process.exit(failed ? 1 : 0);
