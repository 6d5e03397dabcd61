/** The product's one job, as its customer and its agent see it. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { App, quickSettings } from "./app.ts";
import { openBrowser } from "./browser.ts";
import { Chat } from "./chat.ts";
import { Desk } from "./desk.ts";
import { Visitor } from "./visitor.ts";

let app: App, browser: Browser;
beforeAll(async () => { [app, browser] = await Promise.all([App.start(quickSettings(6)), openBrowser()]); });
afterAll(async () => { await browser.close(); await app.stop(); });

test("a customer writes, an agent answers, and only what was meant for the customer gets there", async () => {
  const desk = await Desk.open(browser, app.url);
  const chat = Chat.beside(desk.page);
  await desk.page.getByText("No conversations yet").waitFor();

  await chat.open();
  await chat.write("Is the Fjord 7 in stock in size M?");
  await desk.openThread("Is the Fjord 7 in stock");
  await desk.shows("Status", "Open");
  await desk.shows("Owner", "Nobody yet");
  expect(await desk.fact("Contact")).toMatch(/ · Widget$/);
  expect(await desk.fact("Waiting since")).toMatch(/ago|now/);
  await desk.post("Is the Fjord 7 in stock").getByText("Customer", { exact: true }).waitFor();
  await chat.line("Is the Fjord 7").locator(".receipt", { hasText: "Delivered" }).waitFor();
  await chat.close();

  const undone = await desk.write("No, sold out since Friday.");
  await desk.receipt(undone, "queued");
  await undone.hover();
  await undone.getByRole("button", { name: "React", exact: true }).click();
  await undone.getByRole("button", { name: "React with ❌" }).click();
  await desk.receipt(undone, "cancelled");
  const deleted = await desk.write("Call me on my own number.");
  await desk.receipt(deleted, "queued");
  await deleted.hover();
  await deleted.getByRole("button", { name: "Delete" }).click();
  await desk.page.locator("article.post[data-inside=gone]").waitFor();

  const answer = await desk.write("Yes, three are left.");
  await desk.receipt(answer, "delivered");
  await desk.shows("Owner", "Mara Lindqvist");
  await expect.poll(() => chat.launcher.getAttribute("aria-label")).toBe("Open chat, 1 unread");
  await chat.open();
  await desk.receipt(answer, "read");
  await chat.sees("> Is the Fjord 7 in stock in size M?", "Yes, three are left.");

  await desk.write("!refnd 40 to the card on file");
  await desk.write("note: this customer is on our watch list");
  await desk.write("!note the supplier cannot be trusted");
  const held = await desk.write("@Jonas Okafor do we give him a discount?");
  await expect.poll(() => held.innerText()).toContain("Held, not sent.");
  await expect.poll(() => desk.post("!refnd 40").innerText()).toContain("Only the team sees it.");
  await expect.poll(() => desk.post("watch list").innerText()).toContain("Only the team sees it.");
  const question = desk.notice("mentions a colleague");
  await question.getByRole("button", { name: "Send to customer" }).waitFor();
  await question.getByRole("button", { name: "Keep as note" }).click();
  await expect.poll(() => held.innerText()).toContain("Only the team sees it.");
  const meant = await desk.write("@Jonas Okafor will hand it to you at the door.");
  await expect.poll(() => meant.innerText()).toContain("Held, not sent.");
  await desk.notice("mentions a colleague").getByRole("button", { name: "Send to customer" }).click();
  await chat.line("will hand it to you").waitFor();
  const after = await desk.write("We are open until six.");
  await desk.receipt(after, "read");
  const said = ["> Is the Fjord 7 in stock in size M?", "Yes, three are left.", "@Jonas Okafor will hand it to you at the door.", "We are open until six."];
  await chat.sees(...said);
  const frame = desk.page.frames().find((one) => one.url().includes("/widget/frame/"))!;
  const stored = JSON.stringify(await (await Visitor.at(frame)).get("/messages?after=0"));
  for (const secret of ["sold out", "own number", "refnd", "watch list", "supplier", "discount"]) expect(stored).not.toContain(secret);

  await desk.button("Resolve").click();
  await desk.shows("Status", "Resolved");
  expect(await desk.button("Resolve").count()).toBe(0);
  await chat.write("One more thing: can I pay by card?");
  await desk.shows("Status", "Open");
  await desk.post("can I pay by card?").waitFor();
  await desk.page.locator(".activity-line", { hasText: /reopened/i }).waitFor();
  expect(await desk.rows.count()).toBe(1);
  await chat.sees(...said, "> One more thing: can I pay by card?");

  for (const words of ["Fjord", "watch list", "three are left"]) expect(app.log()).not.toContain(words);
});
