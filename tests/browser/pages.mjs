// The pages that denseam writes in a real browser, which is started once: in light and dark, on a wide screen and
// a narrow one; and that they are quiet and ask the network for nothing.
//   node pages.mjs CHROMIUM COMPARE.html REPORT.html [FOLDER]     FOLDER: keeps screenshots there
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Browser } from "./browser.mjs";
import { compare } from "./compare.mjs";
import { report } from "./report.mjs";

const [program, compared, reported, folder] = process.argv.slice(2);
const url = (file) => pathToFileURL(resolve(file)).href;
const browser = new Browser(program);

async function keep(page, name) {
    if (folder) writeFileSync(join(folder, `${name}.png`), await page.picture());
}

let failed = false;
try {
    await compare(browser, url(compared), keep);
    await report(browser, url(reported), keep);
    console.log("the pages do what they should");
} catch (error) {
    console.error(error);
    failed = true;
} finally {
    await browser.close();
}
process.exit(failed ? 1 : 0);
