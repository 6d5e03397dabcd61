/** The widget on somebody's site: another origin, keyboard alone, several tabs, files, the count of unread lines. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { App, quickSettings } from "./app.ts";
import { openBrowser, openContext, openPage } from "./browser.ts";
import { Chat } from "./chat.ts";
import { Desk } from "./desk.ts";
import { serveSite, type Site } from "./embed.ts";
import { png } from "./pixels.ts";

let app: App, browser: Browser, site: Site;
beforeAll(async () => {
  [app, browser] = await Promise.all([App.start(quickSettings()), openBrowser()]);
  site = await serveSite(app.url);
});
afterAll(async () => { await Promise.all([browser.close(), site.close()]); await app.stop(); });

test("works from another origin, and the page keeps its own look and scripts", async () => {
  const page = await openPage(browser, site.url);
  const chat = new Chat(page);
  const before = await page.locator("main").boundingBox();
  await chat.open();
  await chat.write("Written on another site");
  const desk = await Desk.open(browser, app.url);
  await desk.openThread("Written on another site");
  await desk.write("And answered there.");
  await chat.line("And answered there.").waitFor();
  expect(await page.locator("main").boundingBox()).toEqual(before);
  expect(await page.evaluate(() => Object.keys(window).filter((name) => /thread|widget|chat/i.test(name)))).toEqual(["threadline"]);
  await page.reload();
  await chat.open();
  await chat.sees("> Written on another site", "And answered there.");
});

test("says when an answer comes, and is rated by a press that stays", async () => {
  const page = await openPage(browser, site.url);
  const chat = new Chat(page);
  await chat.open();
  await chat.frame.locator(".head p", { hasText: "We usually reply within 30 minutes." }).waitFor();
  await chat.frame.locator(".blank", { hasText: "We usually reply within 30 minutes." }).waitFor();
  await chat.write("Rate this, please");
  const desk = await Desk.open(browser, app.url);
  await desk.openThread("Rate this, please");
  await desk.write("It is done.");
  await chat.line("It is done.").waitFor();
  await desk.type(desk.composer, "!csat");
  const five = chat.frame.getByRole("group", { name: "Choose an answer" }).getByRole("button", { name: "5", exact: true });
  await five.click();
  await expect.poll(() => five.getAttribute("aria-pressed")).toBe("true");
  await chat.line("Thank you!").waitFor();
  await desk.page.getByText("rated this 5 of 5, answered by").waitFor();
  await page.reload();
  await chat.open();
  await expect.poll(() => five.getAttribute("aria-pressed")).toBe("true");
});

test("is used with the keyboard alone", async () => {
  const page = await openPage(browser, site.url);
  const chat = new Chat(page);
  await chat.launcher.waitFor();
  const focused = () => page.evaluate(() => {
    const active = document.activeElement;
    return (active?.shadowRoot?.activeElement ?? active)?.getAttribute("aria-label") ?? active?.tagName ?? "";
  });
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("A");
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("Open chat");
  await page.keyboard.press("Enter");
  await expect.poll(() => chat.box.evaluate((box) => box === document.activeElement)).toBe(true);
  await page.keyboard.type("Written without a mouse");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("on two lines");
  await page.keyboard.press("Enter");
  await chat.line("Written without a mouse").locator(".receipt", { hasText: /Sent|Delivered/ }).waitFor();
  await page.keyboard.press("Escape");
  await chat.box.waitFor({ state: "hidden" });
  await expect.poll(focused).toMatch(/^Open chat/);
  await page.keyboard.press("Enter");
  await chat.box.waitFor();
  await expect.poll(() => chat.box.evaluate((box) => box === document.activeElement)).toBe(true);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  expect(await chat.frame.locator(":focus").getAttribute("aria-label")).toBe("Close chat");
});

test("two tabs of one visitor show the same, without a line twice", async () => {
  const context = await openContext(browser);
  const [one, two] = [await context.newPage(), await context.newPage()];
  await one.goto(site.url);
  const first = new Chat(one);
  await first.open();
  await first.write("From the first tab");
  await two.goto(site.url);
  const second = new Chat(two);
  await second.open();
  await second.sees("> From the first tab");
  await second.write("From the second tab");
  await first.sees("> From the first tab", "> From the second tab");
  const desk = await Desk.open(browser, app.url);
  await desk.openThread("From the first tab");
  await desk.write("To both tabs");
  for (const chat of [first, second]) await chat.sees("> From the first tab", "> From the second tab", "To both tabs");
  expect(await desk.rows.filter({ hasText: "From the second tab" }).count()).toBe(0);
});

test("files go both ways, pictures as pictures", async () => {
  const page = await openPage(browser, site.url);
  const chat = new Chat(page);
  await chat.open();
  await chat.attach(
    { name: "broken wheel.png", mimeType: "image/png", buffer: png([60, 120, 180]) },
    { name: "receipt.txt", mimeType: "text/plain", buffer: Buffer.from("Total: 40 euro\n") },
  );
  await chat.write("Both files of mine");
  const desk = await Desk.open(browser, app.url);
  await desk.openThread("Both files of mine");
  const post = desk.post("Both files of mine");
  const picture = post.locator("img[alt='broken wheel.png']");
  await expect.poll(() => picture.evaluate((img) => (img as HTMLImageElement).naturalWidth)).toBe(24);
  const [download] = await Promise.all([desk.page.waitForEvent("download"), post.getByText("receipt.txt").click()]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString("utf8")).toBe("Total: 40 euro\n");

  await desk.page.locator(".composer input[type=file]").setInputFiles({ name: "manual.png", mimeType: "image/png", buffer: png([40, 160, 90]) });
  await desk.page.locator(".attached", { hasText: "manual.png" }).waitFor();
  await desk.write("The manual, as a picture");
  const shown = chat.frame.locator(".picture img[alt='manual.png']");
  await expect.poll(() => shown.evaluate((img) => (img as HTMLImageElement).naturalWidth)).toBe(24);
});

test("a closed chat counts what is unread, and opening it reads", async () => {
  const page = await openPage(browser, site.url);
  const chat = new Chat(page);
  await chat.open();
  await chat.write("I close the chat now");
  await chat.close();
  const desk = await Desk.open(browser, app.url);
  await desk.openThread("I close the chat now");
  const first = await desk.write("First answer");
  const second = await desk.write("Second answer");
  await desk.receipt(second, "delivered");
  await expect.poll(() => chat.launcher.getAttribute("aria-label")).toBe("Open chat, 2 unread");
  expect(await chat.launcher.innerText()).toBe("2");
  await page.reload();
  await expect.poll(() => chat.launcher.getAttribute("aria-label")).toBe("Open chat, 2 unread");
  await chat.open();
  await desk.receipt(first, "read");
  await desk.receipt(second, "read");
  await chat.close();
  await expect.poll(() => chat.launcher.getAttribute("aria-label")).toBe("Open chat");
});

test("edits and deletions of a sent answer reach the customer", async () => {
  const page = await openPage(browser, site.url);
  const chat = new Chat(page);
  await chat.open();
  await chat.write("What does it cost?");
  const desk = await Desk.open(browser, app.url);
  await desk.openThread("What does it cost?");
  const post = await desk.write("It costs 1,920 euro.");
  await desk.receipt(post, "read");
  await post.hover();
  await post.getByRole("button", { name: "Edit" }).click();
  const editor = desk.page.getByRole("textbox", { name: "Edit the message" });
  await editor.fill("It costs 1,290 euro.");
  await editor.press("Enter");
  await chat.sees("> What does it cost?", "It costs 1,290 euro.");
  await chat.line("It costs").getByText("edited", { exact: true }).waitFor();
  const edited = desk.post("It costs 1,290 euro.");
  await edited.hover();
  await edited.getByRole("button", { name: "Delete" }).click();
  await chat.sees("> What does it cost?", "This message was deleted.");
  const late = await desk.write("Ask me tomorrow.");
  await desk.receipt(late, "read");
  await late.hover();
  await late.getByRole("button", { name: "React", exact: true }).click();
  await late.getByRole("button", { name: "React with ❌" }).click();
  await desk.notice("Too late to cancel").getByRole("button", { name: "Retract" }).click();
  await chat.sees("> What does it cost?", "This message was deleted.", "This message was deleted.");
});
