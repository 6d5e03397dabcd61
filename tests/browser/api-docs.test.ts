/** The API to read: every call is there, found by typing, in both themes and widths, without anything from elsewhere. */
import { AxeBuilder } from "@axe-core/playwright";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { App } from "./app.ts";
import { openBrowser, openPage, SHOTS } from "./browser.ts";

let browser: Browser;
beforeAll(async () => { [browser] = await Promise.all([openBrowser(), mkdir(SHOTS, { recursive: true })]); });
afterAll(() => browser.close());

test("the calls of the document are shown, found and opened; nothing is amiss for anybody's eyes or keys", async () => {
  const app = await App.start();
  onTestFinished(() => app.stop());
  const { paths } = (await (await fetch(`${app.url}/api/v1/openapi.json`)).json()) as { paths: Record<string, object> };
  const calls = Object.values(paths).flatMap((of) => Object.keys(of)).length;
  for (const [colorScheme, viewport] of [["light", { width: 1280, height: 860 }], ["dark", { width: 360, height: 800 }]] as const) {
    const page = await openPage(browser, `${app.url}/api/docs#patchContactsId`, { viewport, colorScheme });
    const open = page.locator("details[open]");
    await open.waitFor();
    expect(await page.locator("details").count()).toBe(calls);
    expect(await open.locator("h3").allInnerTexts()).toEqual(["Takes", "Body", "Answers 200", "Refuses", "Try it"]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
    await page.screenshot({ path: join(SHOTS, `api-docs-${colorScheme}-${viewport.width}.png`) });

    await page.keyboard.press("/");
    await page.keyboard.type("post merge");
    await expect.poll(() => page.locator("details").count()).toBe(2);
    await page.locator("summary").first().press("Enter");
    await page.getByText("Only says what would move.").waitFor();
    await page.getByRole("searchbox").fill("nonsense");
    await page.getByText("No call fits “nonsense”.").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator("details").count()).toBe(calls);
  }
});
