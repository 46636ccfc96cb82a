// The page of `denseam show --html`: curves, memories, confusion matrix, settings; texts of the run stay texts.
import assert from "node:assert/strict";
import { Page, ground, nothing_sticks_out, shown, texts } from "./browser.mjs";

async function what_it_shows(browser, url, keep) {
    const page = await Page.open(browser, url);
    await keep(page, "report-wide-light");
    assert.deepEqual(await page.run(texts("h2")),
        ["Training", "Memories", "Test set", "Settings", "Train it again", "Machines"]);
    // Names from files are text, whatever they hold; there is no script at all.
    assert.equal(await page.run("document.querySelectorAll('script, b b, h1 *, th *').length"), 0);
    assert.match(await page.run("document.querySelector('h1').textContent"), /<b>leaves<\/b>/);
    // A curve has a point an epoch, all of them inside of its drawing.
    assert.equal(await page.run(shown("svg.curves")), 2);
    assert.equal(await page.run(shown("svg.curves path.curve0")), 1);
    assert.equal(await page.run(shown("svg.curves path.curve1")), 2);
    const points = await page.run(`[...document.querySelectorAll("svg.curves")].every((s) =>
        [...s.querySelectorAll("path")].every((p) => {
            const at = p.getAttribute("d").slice(1).split("L").map((xy) => xy.split(" ").map(Number));
            const [, , width, height] = s.getAttribute("viewBox").split(" ").map(Number);
            return at.length === 3 && at.every(([x, y]) => x >= 0 && x <= width && y >= 0 && y <= height);
        }))`);
    assert.ok(points);
    // The picture is there, and as large as it says.
    assert.equal(await page.run(`(() => { const i = document.querySelector("img.memories");
        return i.complete && i.naturalWidth === i.width && i.naturalHeight === i.height; })()`), true);
    // All samples are in the matrix, and what stands for the accuracy is what lies on its diagonal.
    const matrix = await page.run(`[...document.querySelectorAll(".confusion tbody tr")].map((row) =>
        [...row.querySelectorAll("td[style]")].map((cell) => Number(cell.textContent)))`);
    const facts = Object.fromEntries(await page.run(`[...document.querySelectorAll("dl div")].map((d) =>
        [d.querySelector("dt").textContent, d.querySelector("dd").textContent])`));
    const all = matrix.flat().reduce((sum, n) => sum + n, 0);
    const right = matrix.reduce((sum, row, i) => sum + row[i], 0);
    assert.equal(all, 60);
    assert.equal(Number(facts["test accuracy"]).toFixed(4), (right / all).toFixed(4));
    assert.ok((await page.run(texts("pre"))).some((text) => /^ {4}memories = 4$/m.test(text)));
    await nothing_sticks_out(page);
    assert.deepEqual(page.said, []);
}

async function colours_and_widths(browser, url, keep) {
    const narrow = await Page.open(browser, url, { width: 360 });
    const dark = await Page.open(browser, url, { dark: true });
    assert.notEqual(await narrow.run(ground), await dark.run(ground));
    await nothing_sticks_out(narrow);
    await nothing_sticks_out(dark);
    await keep(narrow, "report-narrow-light");
    await keep(dark, "report-wide-dark");
    assert.deepEqual([...narrow.said, ...dark.said], []);
}

export async function report(browser, url, keep) {
    await what_it_shows(browser, url, keep);
    await colours_and_widths(browser, url, keep);
}
