// The page of `denseam compare`: what it shows, with and without its script.
import assert from "node:assert/strict";
import { Page, ground, nothing_sticks_out, shown, texts } from "./browser.mjs";

const choose = (index) => `(() => { const s = document.getElementById("baseline");
    s.value = "${index}"; s.dispatchEvent(new Event("change")); })()`;
const press = (kind) => `document.querySelector('[data-filter="${kind}"]').click()`;

async function with_script(browser, url, keep) {
    const page = await Page.open(browser, url);
    await keep(page, "compare-wide-light");
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
async function without_script(browser, url, presets) {
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

async function colours_and_widths(browser, url, keep) {
    const light = await Page.open(browser, url, { width: 360 });
    const dark = await Page.open(browser, url, { dark: true });
    assert.notEqual(await light.run(ground), await dark.run(ground));
    await nothing_sticks_out(light);
    await nothing_sticks_out(dark);
    await keep(light, "compare-narrow-light");
    await keep(dark, "compare-wide-dark");
    assert.deepEqual([...light.said, ...dark.said], []);
}

export async function compare(browser, url, keep) {
    await without_script(browser, url, await with_script(browser, url, keep));
    await colours_and_widths(browser, url, keep);
}
