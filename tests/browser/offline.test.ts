/** Connections break and the application is killed: nothing is lost, nothing comes twice, and both sides see the same order. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { App, quickSettings } from "./app.ts";
import { openBrowser, openPage } from "./browser.ts";
import { Chat } from "./chat.ts";
import { Desk } from "./desk.ts";
import { serveSite } from "./embed.ts";
import { relayTo } from "./relay.ts";

let app: App, browser: Browser;
beforeAll(async () => { [app, browser] = await Promise.all([App.start(quickSettings()), openBrowser()]); });
afterAll(async () => { await browser.close(); await app.stop(); });

/** What the customer wrote, as the open thread shows it. */
const posts = (desk: Desk) => desk.page.locator("article.post[data-kind=customer] .post-text").allInnerTexts();

test("a browser that loses its connection keeps what is written, and catches up with what it missed", async () => {
  const relay = await relayTo(app.url);
  const site = await serveSite(relay.url);
  try {
    const page = await openPage(browser, site.url);
    const chat = new Chat(page);
    await chat.open();
    await chat.write("Before the tunnel");
    const desk = await Desk.open(browser, app.url);
    await desk.openThread("Before the tunnel");

    await page.context().setOffline(true);
    relay.cut();
    await chat.frame.getByText("You’re offline.").waitFor();
    for (const text of ["In the tunnel, one", "In the tunnel, two"]) {
      await chat.box.fill(text);
      await chat.box.press("Enter");
      await chat.frame.locator(".line[data-state]", { hasText: text }).waitFor();
    }
    await desk.write("Answered while you were away");
    await desk.receipt(desk.post("Answered while you were away"), "sent");

    relay.mend();
    await page.context().setOffline(false);
    await chat.line("Answered while you were away").waitFor();
    await expect.poll(async () => (await chat.lines()).toSorted()).toEqual(["> Before the tunnel", "> In the tunnel, one", "> In the tunnel, two", "Answered while you were away"]);
    await chat.frame.getByText("You’re offline.").waitFor({ state: "hidden" });
    await expect.poll(() => chat.frame.locator(".line[data-state]").count()).toBe(0);
    await expect.poll(() => posts(desk)).toEqual(["Before the tunnel", "In the tunnel, one", "In the tunnel, two"]);
    await desk.receipt(desk.post("Answered while you were away"), "delivered", "read");
    await chat.write("After the tunnel");
    await expect.poll(() => posts(desk)).toEqual(["Before the tunnel", "In the tunnel, one", "In the tunnel, two", "After the tunnel"]);
  } finally {
    await Promise.all([relay.close(), site.close()]);
  }
});

test("a line written before the page is left waits, and goes when the visitor comes back", async () => {
  const relay = await relayTo(app.url);
  const site = await serveSite(relay.url);
  try {
    const page = await openPage(browser, site.url);
    const chat = new Chat(page);
    await chat.open();
    await chat.write("I will be gone soon");
    relay.cut();
    await chat.box.fill("Written as the train left");
    await chat.box.press("Enter");
    await chat.frame.locator(".line[data-state]", { hasText: "as the train left" }).waitFor();
    await page.goto("about:blank");
    relay.mend();
    await page.goto(site.url);
    await chat.open();
    await chat.sees("> I will be gone soon", "> Written as the train left");
    const desk = await Desk.open(browser, app.url);
    await desk.openThread("I will be gone soon");
    await expect.poll(() => posts(desk)).toEqual(["I will be gone soon", "Written as the train left"]);
  } finally {
    await Promise.all([relay.close(), site.close()]);
  }
});

test("the application is killed in the middle: both pages go on by themselves, with every line once", async () => {
  const desk = await Desk.open(browser, app.url);
  const chat = Chat.beside(desk.page);
  await chat.open();
  await chat.write("Before the power cut");
  await desk.openThread("Before the power cut");
  await desk.receipt(await desk.write("Written a moment before"), "queued", "sending", "sent");
  await app.kill();
  await chat.box.fill("While it was dark");
  await chat.box.press("Enter");
  await chat.frame.locator(".line[data-state]", { hasText: "While it was dark" }).waitFor();
  await desk.page.getByText("The desk can't be shown").waitFor();
  await app.restart();
  await chat.line("Written a moment before").waitFor();
  await chat.frame.locator(".line[data-side=mine]:not([data-state])", { hasText: "While it was dark" }).waitFor();
  await expect.poll(async () => (await chat.lines()).toSorted()).toEqual(["> Before the power cut", "> While it was dark", "Written a moment before"]);
  await desk.page.getByText("The desk can't be shown").waitFor({ state: "hidden" });
  await desk.receipt(desk.post("Written a moment before"), "delivered", "read");
  await expect.poll(() => posts(desk)).toEqual(["Before the power cut", "While it was dark"]);
  expect(await desk.post("Written a moment before").count()).toBe(1);
});
