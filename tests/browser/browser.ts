/** A real Chromium, cut off from every machine but this one. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import { expect, onTestFailed, onTestFinished } from "vitest";

export const SHOTS = fileURLToPath(new URL("./shots", import.meta.url));
const WAIT_MS = 60_000;
const FLAGS = [
  "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"];
  if (!executablePath) throw new Error("CHROMIUM is not set: give the path of a Chromium, or run npm test, which finds one.");
  return chromium.launch({ executablePath, headless: true, args: FLAGS, timeout: 60_000 });
}

/** What pages did wrong by themselves; a request that a test cut off is not their fault. */
const EXPECTED = /net::ERR_|Failed to load resource|WebSocket connection to/;

/** One person's browser for the length of a test: its pages must not throw or log an error, and a failing test leaves a picture of each. */
export async function openContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", timezoneId: "Europe/Oslo", reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(WAIT_MS);
  const wrong: string[] = [];
  context.on("weberror", (error) => wrong.push(String(error.error())));
  context.on("console", (message) => { if (message.type() === "error" && !EXPECTED.test(message.text())) wrong.push(message.text()); });
  onTestFailed(async ({ task }) => {
    await mkdir(SHOTS, { recursive: true });
    const name = task.name.replace(/\W+/g, "-").slice(0, 60);
    await Promise.all(context.pages().map((page, n) => page.screenshot({ path: join(SHOTS, `failed-${name}-${n}.png`) }).catch(() => undefined)));
    await context.close();
  });
  onTestFinished(async ({ task }) => {
    if (task.result?.state === "fail") return;
    await context.close();
    expect(wrong).toEqual([]);
  });
  return context;
}

export async function openPage(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await openContext(browser, options)).newPage();
  await page.goto(address);
  return page;
}
