/** The desk in an agent's hands: commands, forms, keys, other people, and the fault switch. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { App, quickSettings } from "./app.ts";
import { openBrowser } from "./browser.ts";
import { Desk } from "./desk.ts";
import { Visitor } from "./visitor.ts";

let app: App, browser: Browser;
beforeAll(async () => { [app, browser] = await Promise.all([App.start(quickSettings()), openBrowser()]); });
afterAll(async () => { await browser.close(); await app.stop(); });

/** A desk with this customer's conversation open. */
async function deskWith(text: string): Promise<{ desk: Desk; visitor: Visitor }> {
  const visitor = await Visitor.arrive(app.url);
  await visitor.write(text);
  const desk = await Desk.open(browser, app.url);
  await desk.openThread(text);
  return { desk, visitor };
}
const bodies = async (visitor: Visitor) => (await visitor.feed()).map((line) => line.body);

test("a colleague's conversation is held, and its notice is for its author alone", async () => {
  const { desk, visitor } = await deskWith("Who looks after me?");
  await desk.button("Take").click();
  await desk.shows("Owner", "Mara Lindqvist");
  await desk.actAs("Jonas Okafor");
  const held = await desk.write("I could help as well.");
  await expect.poll(() => held.innerText()).toContain("Somebody else owns this conversation.");
  await desk.notice("someone else owns").getByRole("button", { name: "Send to customer" }).waitFor();
  await desk.actAs("Mara Lindqvist");
  await expect.poll(() => desk.notice("someone else owns").count()).toBe(0);
  await desk.actAs("Jonas Okafor");
  await desk.notice("someone else owns").getByRole("button", { name: "Send to customer" }).click();
  await expect.poll(() => bodies(visitor)).toEqual(["Who looks after me?", "I could help as well."]);
});

test("find and queue answer in the command line's place, to the person who asked", async () => {
  const { desk } = await deskWith("A refund for my helmet, please");
  await desk.type(desk.commandLine, "/find status:open \"refund\"");
  await expect.poll(() => desk.answers.innerText()).toContain("A refund for my helmet, please");
  expect(await desk.answers.innerText()).not.toContain("Who looks after me?");
  await desk.answers.getByRole("button", { name: "Put away" }).click();
  await expect.poll(() => desk.answers.count()).toBe(0);
  await desk.type(desk.commandLine, "/queue");
  await expect.poll(() => desk.answers.innerText()).toContain("A refund for my helmet, please");
  await desk.actAs("Jonas Okafor");
  await expect.poll(() => desk.answers.count()).toBe(0);
  await desk.type(desk.commandLine, "/find waitng>2h");
  await expect.poll(() => desk.answers.innerText()).toMatch(/waiting/);
});

test("snooze asks for a time in a form, hides the conversation, and the customer wakes it", async () => {
  const { desk, visitor } = await deskWith("Will you stock the red one?");
  await desk.button("Snooze").click();
  const form = desk.page.getByRole("dialog", { name: /^Snooze #/ });
  await form.getByLabel("Or another time").fill("on the day of the horse");
  await form.getByRole("button", { name: "Snooze" }).click();
  await form.getByText("This is not a time that I can read.").waitFor();
  await form.getByLabel("Or another time").fill("");
  await form.getByLabel("Until").selectOption("until reply");
  await form.getByRole("button", { name: "Snooze" }).click();
  await form.waitFor({ state: "detached" });
  await desk.shows("Status", "Snoozed");
  await desk.shows("Snoozed until", "the next reply");
  await visitor.write("Or the green one?");
  await desk.shows("Status", "Open");
  await desk.shows("Snoozed until", null);
});

test("More leads to what has no button, and a choice changes the card", async () => {
  const { desk } = await deskWith("My brakes do not work at all");
  await desk.button("More").click();
  await desk.notice(/^.*More for #/s).getByRole("button", { name: "Priority" }).click();
  const form = desk.page.getByRole("dialog", { name: /Priority/ });
  await form.getByRole("combobox").selectOption("urgent");
  await form.getByRole("button", { name: /Priority/ }).click();
  await desk.shows("Priority", "Urgent");
  await desk.type(desk.composer, "!label shipping");
  await desk.shows("Labels", "shipping");
  await desk.button("Assign").click();
  const assign = desk.page.getByRole("dialog", { name: /^Assign #/ });
  await assign.getByRole("combobox").selectOption({ label: "Jonas Okafor" });
  await assign.getByRole("button", { name: "Assign" }).click();
  await desk.shows("Owner", "Jonas Okafor");
});

test("verbs and names are suggested while typing, and taken with Tab", async () => {
  const { desk, visitor } = await deskWith("Just a short question");
  await desk.composer.pressSequentially("!pri");
  await desk.page.getByRole("option", { name: /!priority/ }).waitFor();
  await desk.composer.press("Tab");
  await expect.poll(() => desk.composer.inputValue()).toBe("!priority ");
  await desk.page.getByRole("option", { name: /high/ }).waitFor();
  await desk.composer.fill("!priority high");
  await desk.composer.press("Enter");
  await desk.shows("Priority", "High");
  await desk.composer.pressSequentially("@jon");
  await desk.page.getByRole("option", { name: /@Jonas Okafor/ }).click();
  await expect.poll(() => desk.composer.inputValue()).toBe("@Jonas Okafor ");
  await desk.page.locator(".fate", { hasText: "it mentions Jonas Okafor" }).waitFor();
  await desk.composer.fill("");
  await desk.commandLine.pressSequentially("/fi");
  await desk.page.getByRole("option", { name: /\/find/ }).waitFor();
  await desk.commandLine.press("Escape");
  await desk.page.getByRole("option", { name: /\/find/ }).waitFor({ state: "detached" });
  expect(await desk.commandLine.inputValue()).toBe("/fi");
  expect(await bodies(visitor)).toEqual(["Just a short question"]);
});

test("single keys go through the list, act, and show what they are", async () => {
  await (await Visitor.arrive(app.url)).write("Older of two");
  const { desk } = await deskWith("Newer of two");
  await desk.composer.press("Escape");
  const current = () => desk.page.locator(".row[aria-current=true] .row-title").innerText();
  const titles = await desk.page.locator(".row-title").allInnerTexts();
  const at = titles.indexOf("Newer of two");
  await desk.page.keyboard.press("j");
  await expect.poll(current).toBe(titles[at + 1]);
  await desk.composer.press("Escape");
  await desk.page.keyboard.press("k");
  await expect.poll(current).toBe("Newer of two");
  await desk.composer.press("Escape");
  await desk.page.keyboard.press("?");
  const help = desk.page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.getByText("Next or previous conversation").waitFor();
  await desk.page.keyboard.press("Escape");
  await help.waitFor({ state: "detached" });
  // An opened thread takes the focus when it has loaded, which may be now.
  await desk.composer.press("Escape");
  await desk.page.keyboard.press("t");
  await desk.shows("Owner", "Mara Lindqvist");
  await desk.page.keyboard.press("e");
  await desk.shows("Status", "Resolved");
  await desk.page.keyboard.press("e");
  await desk.shows("Status", "Open");
  await desk.page.keyboard.press("1");
  await desk.page.getByRole("button", { name: "Act as somebody else (now Jonas Okafor)" }).waitFor();
  await desk.page.keyboard.press("/");
  await expect.poll(() => desk.commandLine.evaluate((box) => box === document.activeElement)).toBe(true);
});

test("a guest's line becomes a note under their own name", async () => {
  const { desk, visitor } = await deskWith("Do you repair old frames?");
  await desk.page.getByRole("button", { name: /^Act as somebody else/ }).click();
  await desk.page.getByLabel("Name of a guest").fill("Pia from accounting");
  await desk.page.getByLabel("Name of a guest").press("Enter");
  await desk.page.getByRole("button", { name: "Act as somebody else (now Pia from accounting)" }).waitFor();
  const post = await desk.write("They still owe us 200.");
  await expect.poll(() => post.innerText()).toMatch(/Pia from accounting[^]*Guest[^]*Only the team sees it/);
  await desk.notice(/only linked agents/).waitFor();
  await desk.button("Resolve").click();
  await desk.page.getByRole("status").or(desk.page.getByRole("alert")).filter({ hasText: /linked, active agents/ }).first().waitFor();
  await desk.shows("Status", "Open");
  await desk.actAs("Mara Lindqvist");
  await desk.write("Yes, we do.");
  await expect.poll(() => bodies(visitor)).toEqual(["Do you repair old frames?", "Yes, we do."]);
});

test("a deaf desk catches up: what was written goes once, what was deleted meanwhile never does", async () => {
  const { desk, visitor } = await deskWith("Is anybody there?");
  const faults = desk.page.getByRole("button", { name: "Break the desk on purpose" });
  const flip = async (label: string) => {
    await faults.click();
    await desk.page.getByLabel(label).click();
    await desk.page.keyboard.press("Escape");
  };
  await flip("Drop events");
  await faults.getByText("Faults on").waitFor();
  await desk.write("Written to a deaf desk.");
  const regretted = await desk.write("Better not sent.");
  await regretted.hover();
  await regretted.getByRole("button", { name: "Delete" }).click();
  await desk.page.locator("article.post[data-inside=gone]").waitFor();
  await desk.write("note: nobody heard this either");
  expect(await bodies(visitor)).toEqual(["Is anybody there?"]);
  await flip("Drop events");
  await expect.poll(() => bodies(visitor)).toEqual(["Is anybody there?", "Written to a deaf desk."]);
  await desk.receipt(desk.post("Written to a deaf desk."), "delivered");
  await expect.poll(() => desk.post("nobody heard this").innerText()).toContain("Only the team sees it.");
  await desk.write("And written to one that hears.");
  await expect.poll(() => bodies(visitor)).toEqual(["Is anybody there?", "Written to a deaf desk.", "And written to one that hears."]);
});

test("a desk that refuses posts gets them later, in order", async () => {
  const { desk, visitor } = await deskWith("Order number 7001");
  const faults = desk.page.getByRole("button", { name: "Break the desk on purpose" });
  await faults.click();
  await desk.page.getByLabel("Refuse posts").click();
  await faults.getByText("Faults on").waitFor();
  for (const text of ["Second of order 7001", "Third of order 7001"]) await visitor.write(text);
  await desk.page.getByLabel("Refuse posts").click();
  await desk.page.keyboard.press("Escape");
  await faults.getByText("Faults", { exact: true }).waitFor();
  const posts = desk.page.locator("article.post[data-kind=customer] .post-text");
  await expect.poll(() => posts.allInnerTexts()).toEqual(["Order number 7001", "Second of order 7001", "Third of order 7001"]);
});

test("a reply that crosses the customer's next line is held until its author has read that", async () => {
  const { desk, visitor } = await deskWith("I want to order a bike");
  const longAgo = sleep(10_500);
  await app.apply("inboxes: [{ name: Website, channel: widget, key: demo, doubleReplySeconds: 10 }]\n");
  await longAgo;
  await visitor.write("No, wait: a helmet");
  await desk.post("No, wait").waitFor();
  const held = await desk.write("A bike it is.");
  await expect.poll(() => held.innerText()).toContain("Held, not sent.");
  await app.apply("inboxes: [{ name: Website, channel: widget, key: demo, doubleReplySeconds: 0 }]\n");
  await desk.notice("the customer wrote again").getByRole("button", { name: "Keep as note" }).click();
  await expect.poll(() => held.innerText()).toContain("Only the team sees it.");
  await desk.write("A helmet it is.");
  await expect.poll(() => bodies(visitor)).toEqual(["I want to order a bike", "No, wait: a helmet", "A helmet it is."]);
});

test("with nothing set up there is a demo, and a reply waits its eight seconds", async () => {
  const demo = await App.start();
  try {
    expect(demo.log()).toContain("Made a demo");
    const visitor = await Visitor.arrive(demo.url);
    await visitor.write("I want to order");
    const desk = await Desk.open(browser, demo.url);
    await desk.openThread("I want to order");
    const wrote = performance.now();
    const post = await desk.write("Gladly! Which one?");
    await desk.receipt(post, "queued");
    await expect.poll(() => bodies(visitor)).toEqual(["I want to order", "Gladly! Which one?"]);
    expect(performance.now() - wrote).toBeGreaterThan(7_900);
  } finally {
    await demo.stop();
  }
});
