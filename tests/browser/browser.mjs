// A headless Chromium at the end of a pipe: no package but Node itself.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Browser {
    constructor(program) {
        this.profile = mkdtempSync(join(tmpdir(), "denseam-browser-"));
        // It speaks the DevTools protocol on descriptors 3 and 4, messages ended by a NUL. Without the
        // sandbox because that needs rights that containers do not give; the page is our own.
        this.process = spawn(program, ["--headless=new", "--remote-debugging-pipe", "--no-sandbox",
            "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
            `--user-data-dir=${this.profile}`, "about:blank"],
            { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
        this.waiting = new Map();
        this.listeners = [];
        this.next = 1;
        this.rest = Buffer.alloc(0);
        this.ended = new Promise((resolve) => this.process.on("exit", resolve));
        this.process.stdio[4].on("data", (data) => this.#take(data));
        this.process.on("exit", (code) => {
            for (const { reject } of this.waiting.values()) {
                reject(new Error(`the browser ended with code ${code}`));
            }
        });
    }

    #take(data) {
        this.rest = Buffer.concat([this.rest, data]);
        for (let end = this.rest.indexOf(0); end >= 0; end = this.rest.indexOf(0)) {
            const message = JSON.parse(this.rest.subarray(0, end).toString());
            this.rest = this.rest.subarray(end + 1);
            if (message.id === undefined) {
                this.listeners.forEach((listener) => listener(message));
                continue;
            }
            const { resolve, reject } = this.waiting.get(message.id);
            this.waiting.delete(message.id);
            if (message.error) reject(new Error(message.error.message));
            else resolve(message.result);
        }
    }

    send(method, params = {}, sessionId = undefined) {
        const id = this.next++;
        const text = JSON.stringify({ id, method, params, sessionId });
        this.process.stdio[3].write(`${text}\0`);
        return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    }

    async close() {
        this.process.kill();
        await this.ended;
        // Its children may write for a moment longer. Node's own retries do not look for new files.
        for (let tries = 50; ; tries--) {
            try {
                rmSync(this.profile, { recursive: true, force: true });
                return;
            } catch (error) {
                if (tries === 0 || error.code !== "ENOTEMPTY") throw error;
            }
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    }
}

// One page; what it says to its console, throws, or asks the network for is kept in `said`.
export class Page {
    static async open(browser, url, { dark = false, width = 1100, height = 900, script = true } = {}) {
        const page = new Page();
        const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
        const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
        page.send = (method, params) => browser.send(method, params, sessionId);
        page.said = [];
        const loaded = new Promise((resolve) => browser.listeners.push((message) => {
            if (message.sessionId !== sessionId) return;
            const { method, params } = message;
            if (method === "Page.loadEventFired") resolve();
            if (method === "Runtime.exceptionThrown") page.said.push(params.exceptionDetails.text);
            if (method === "Runtime.consoleAPICalled") page.said.push(`console: ${params.type}`);
            if (method === "Log.entryAdded") page.said.push(params.entry.text);
            if (method === "Network.requestWillBeSent" && !params.request.url.startsWith("data:") &&
                params.request.url !== url) page.said.push(`network: ${params.request.url}`);
        }));
        for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(`${domain}.enable`);
        await page.send("Emulation.setDeviceMetricsOverride",
            { width, height, deviceScaleFactor: 1, mobile: false });
        await page.send("Emulation.setEmulatedMedia",
            { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
        await page.send("Emulation.setScriptExecutionDisabled", { value: !script });
        await page.send("Page.navigate", { url });
        await loaded;
        return page;
    }

    async run(expression) {
        const { result, exceptionDetails } = await this.send("Runtime.evaluate",
            { expression, returnByValue: true });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? "it threw");
        return result.value;
    }

    async picture(whole = true) {
        const { data } = await this.send("Page.captureScreenshot",
            { format: "png", captureBeyondViewport: whole });
        return Buffer.from(data, "base64");
    }
}

// What pages are asked.
export const ground = "getComputedStyle(document.body).backgroundColor";
export const shown = (selector) => `[...document.querySelectorAll(${JSON.stringify(selector)})]
    .filter((e) => e.checkVisibility()).length`;
export const texts = (selector) => `[...document.querySelectorAll(${JSON.stringify(selector)})]
    .map((e) => e.textContent.trim())`;

export async function nothing_sticks_out(page) {
    assert.equal(await page.run("document.documentElement.scrollWidth <= window.innerWidth"), true);
}
