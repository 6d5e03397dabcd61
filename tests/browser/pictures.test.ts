/** Every state in both themes and widths: kept as a picture, and without a fault that axe can find. Some are the README's. */
import { AxeBuilder } from "@axe-core/playwright";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { App } from "./app.ts";
import { openBrowser, openPage, SHOTS } from "./browser.ts";
import { Chat } from "./chat.ts";
import { Desk } from "./desk.ts";
import { Visitor } from "./visitor.ts";

/** Each run would differ by the clock, so they are written when there are none yet, or with UPDATE_DOCS=1. */
const DOCS = fileURLToPath(new URL("../../docs/pictures", import.meta.url));
const THEMES = ["light", "dark"] as const;
const WIDE = { width: 1440, height: 900 }, PHONE = { width: 390, height: 844 };
const undo = (seconds: number) => `inboxes: [{ name: Website, channel: widget, key: demo, undoSeconds: ${seconds}, doubleReplySeconds: 0 }]\nlimits: off\n`;

let app: App, browser: Browser;
beforeAll(async () => {
  [app, browser] = await Promise.all([App.start(), openBrowser()]);
  await Promise.all([mkdir(SHOTS, { recursive: true }), mkdir(DOCS, { recursive: true }), app.apply(undo(1))]);
});
afterAll(async () => { await browser.close(); await app.stop(); });

async function keep(page: Page, name: string, folder = SHOTS): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  const path = join(folder, `${name}.png`);
  if (folder === DOCS && existsSync(path) && process.env["UPDATE_DOCS"] !== "1") return;
  await page.screenshot({ path, animations: "disabled", caret: "hide" });
}

/** What axe finds on the page and in its frames, each fault with where it is. Themes differ in colour alone, so the second is examined for that. */
async function faults(page: Page, coloursAlone: boolean): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (coloursAlone ? axe.withRules("color-contrast") : axe).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`));
}

async function look(page: Page, name: string): Promise<void> {
  await keep(page, name);
  expect.soft(await faults(page, name.startsWith("dark")), name).toEqual([]);
}

test.each(THEMES)("before anybody wrote (%s)", async (colorScheme) => {
  const desk = await Desk.open(browser, app.url, { viewport: WIDE, colorScheme });
  await desk.page.getByText("The desk is ready").waitFor();
  await Chat.beside(desk.page).open();
  await look(desk.page, `${colorScheme}-wide-empty`);
  await desk.page.setViewportSize(PHONE);
  await look(desk.page, `${colorScheme}-phone-empty-desk`);
  const site = await openPage(browser, `${app.url}/playground/?site`, { viewport: PHONE, colorScheme });
  const chat = new Chat(site);
  await chat.launcher.waitFor();
  await look(site, `${colorScheme}-phone-site`);
  await chat.open();
  await look(site, `${colorScheme}-phone-empty-chat`);
});

/** A morning's work at the shop; ends with Nora's conversation open on the desk and in the chat. */
async function morning(desk: Desk, chat: Chat): Promise<void> {
  const come = async (id: string, name: string, text: string) => {
    const visitor = await Visitor.arrive(app.url, { id, name });
    await visitor.write(text);
    await desk.openThread(text);
    return visitor;
  };
  await come("liam", "Liam Byrne", "My helmet arrived today, thank you!");
  await desk.receipt(await desk.write("Glad to hear it, Liam. Ride safely!"), "sent");
  await desk.button("Resolve").click();
  await desk.shows("Status", "Resolved");
  const aiko = await come("aiko", "Aiko Mori", "Can I still change the delivery address?");
  await desk.receipt(await desk.write("Yes, until tonight. Where should it go?"), "sent");
  await aiko.feed();
  await desk.type(desk.composer, "!label shipping");
  await desk.shows("Labels", "shipping");
  await desk.type(desk.composer, "!snooze until reply");
  await desk.shows("Status", "Snoozed");
  await come("tomas", "Tomás Vega", "I was charged twice for order 7001");
  await desk.type(desk.composer, "!label billing");
  await desk.type(desk.composer, "!assign Jonas Okafor");
  await desk.shows("Owner", "Jonas Okafor");
  await come("priya", "Priya Raman", "The belt squeaks when it rains");
  const note = await desk.write("note: third report about this belt, ask the maker");
  await expect.poll(() => note.innerText()).toContain("Only the team sees it.");
  await desk.type(desk.composer, "!priority high");
  await desk.shows("Priority", "High");

  await chat.open();
  const site = desk.page.frames().find((frame) => frame.url().includes("?site"))!;
  await site.evaluate(() => { (window as unknown as { threadline(act: string, who: object): void }).threadline("identify", { id: "nora", name: "Nora Bakke" }); });
  await chat.write("Hi! Is the Fjord 7 back in size M? And can it carry a child seat?");
  await desk.openThread("Is the Fjord 7 back");
  await desk.receipt(await desk.write("Hello Nora, three came in this morning. The seat I will find out."), "read");
}

test("a morning at the shop", { timeout: 300_000 }, async () => {
  const desk = await Desk.open(browser, app.url, { viewport: WIDE, colorScheme: "light" });
  const { page } = desk;
  const chat = Chat.beside(page);
  await morning(desk, chat);
  await app.apply(undo(300));
  const held = await desk.write("@Jonas Okafor does our child seat fit the Fjord 7?");
  await expect.poll(() => held.innerText()).toContain("Held, not sent.");
  await desk.receipt(await desk.write("It does, and we fit it while you wait."), "queued");

  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    await look(page, `${colorScheme}-wide-held`);
    await keep(page, colorScheme === "light" ? "playground" : "playground-dark", DOCS);
    await page.setViewportSize(PHONE);
    await look(page, `${colorScheme}-phone-thread`);
    if (colorScheme === "light") await keep(page, "phone", DOCS);
    await page.getByRole("button", { name: "Back to the conversations" }).click();
    await look(page, `${colorScheme}-phone-list`);
    await page.getByRole("button", { name: "Site", exact: true }).click();
    await look(page, `${colorScheme}-phone-chat`);
    await page.getByRole("button", { name: /^Desk/ }).click();
    await page.setViewportSize(WIDE);

    await desk.openThread("I was charged twice");
    await desk.type(desk.commandLine, "/queue");
    await expect.poll(() => desk.answers.innerText()).toContain("The belt squeaks");
    await look(page, `${colorScheme}-wide-waiting-and-answer`);
    await desk.answers.getByRole("button", { name: "Put away" }).click();
    await desk.openThread("My helmet arrived");
    await desk.post("Ride safely").waitFor();
    await look(page, `${colorScheme}-wide-resolved`);
    await desk.openThread("Can I still change");
    await desk.button("More").click();
    await desk.notice("More for #").waitFor();
    await look(page, `${colorScheme}-wide-snoozed-more`);
    await desk.notice("More for #").getByRole("button", { name: "Put away" }).click();
    await desk.openThread("The belt squeaks");
    await desk.button("Snooze").click();
    const form = page.getByRole("dialog", { name: /^Snooze #/ });
    await form.waitFor();
    await look(page, `${colorScheme}-wide-form`);
    await page.setViewportSize(PHONE);
    await look(page, `${colorScheme}-phone-form`);
    await page.setViewportSize(WIDE);
    await page.keyboard.press("Escape");
    await form.waitFor({ state: "detached" });
    await desk.composer.fill("!s");
    await page.getByRole("option", { name: /!snooze/ }).waitFor();
    await look(page, `${colorScheme}-wide-suggestions`);
    await desk.composer.fill("");
    await page.getByRole("option").first().waitFor({ state: "detached" });
    await desk.composer.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await look(page, `${colorScheme}-wide-shortcuts`);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Break the desk on purpose" }).click();
    await look(page, `${colorScheme}-wide-faults`);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Act as somebody else/ }).click();
    await look(page, `${colorScheme}-wide-people`);
    await page.keyboard.press("Escape");
    await desk.openThread("Is the Fjord 7 back");
    await desk.post("while you wait").waitFor();
  }
});
