/** The web admin: signing in by a button, each page in both themes and widths, *Test* on broken and sound desks. */
import { AxeBuilder } from "@axe-core/playwright";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import { ALL_SCOPES, FakeSlack } from "../fakes/slack/server.ts";
import { App } from "./app.ts";
import { openBrowser, openContext, openPage, SHOTS } from "./browser.ts";
import { Visitor } from "./visitor.ts";

const WIDE = { width: 1280, height: 860 }, PHONE = { width: 390, height: 844 };
async function linkOf(app: App): Promise<string> {
  const said = () => /Sign-in link +(\S+) /.exec(app.log())?.[1];
  await expect.poll(said).toBeDefined();
  return said()!;
}
const signIn = (page: Page) => page.getByRole("button", { name: "Sign in", exact: true }).click();
const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name }).waitFor();

let browser: Browser;
beforeAll(async () => { [browser] = await Promise.all([openBrowser(), mkdir(SHOTS, { recursive: true })]); });
afterAll(() => browser.close());

test("the terminal's link opens the playground, its button signs in, and the admin is live, without a reload", async () => {
  const app = await App.start();
  onTestFinished(() => app.stop());
  const page = await openPage(browser, await linkOf(app), { viewport: WIDE });
  const dialog = page.getByRole("dialog", { name: "Sign in as administrator" });
  await dialog.waitFor();
  expect(page.url()).not.toContain("#");
  expect(await page.getByRole("link", { name: "Admin" }).count()).toBe(0);
  await signIn(page);
  await page.getByRole("link", { name: "Admin" }).click();
  await heading(page, "Overview");
  const figure = (label: string) => page.locator(".figure", { has: page.locator("dt", { hasText: label }) }).locator("b");
  await expect.poll(() => figure("Open").innerText()).toBe("0");
  await page.getByText("Nobody waits", { exact: true }).waitFor();

  const visitor = await Visitor.arrive(app.url, { id: "ana", name: "Ana" });
  await visitor.write("Where is my order?");
  await expect.poll(() => figure("Waiting").innerText()).toBe("1");
  await page.getByText("Where is my order?").waitFor();

  await page.keyboard.press("4");
  await heading(page, "Agents");
  await page.getByRole("button", { name: "Make a sign-in link for Mara Lindqvist" }).click();
  const link = await page.getByRole("dialog").locator("code").innerText();
  await page.keyboard.press("Escape");
  const mara = await openPage(browser, link, { viewport: WIDE });
  await signIn(mara);
  await heading(mara, "Overview");
  await mara.getByTitle("Your sessions").getByText("Mara Lindqvist").waitFor();
  await app.apply("agents: [{ name: Mara Lindqvist, email: mara@demo.example, role: agent }]\n");
  await heading(mara, "This is for administrators");
  expect((await mara.request.get(`${app.url}/api/v1/overview`)).status()).toBe(403);

  const late = await openPage(browser, link, { viewport: WIDE });
  await signIn(late);
  await late.getByRole("alert").getByText("used already").waitFor();

  await page.getByRole("link", { name: "Playground" }).first().click();
  await page.getByText("Where is my order?").first().waitFor();
  await page.getByRole("link", { name: "Admin" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await heading(page, "Sign in");
});

/** Kept as a picture; what axe finds, each fault with where it is. */
async function look(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(SHOTS, `admin-${name}.png`), animations: "disabled", fullPage: true });
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect.soft(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`)), name).toEqual([]);
}

async function desks() {
  const slack = new FakeSlack({ scopes: ALL_SCOPES.filter((scope) => scope !== "files:read" && scope !== "channels:join") });
  const [discord] = await Promise.all([FakeDiscord.start(), slack.start()]);
  onTestFinished(async () => { await Promise.all([slack.stop(), discord.stop()]); });
  slack.space.addChannel("support");
  const billing = slack.space.addChannel("billing", { botIsMember: false });
  discord.addForum("help");
  const slackDesk = (name: string, channel: string) => `  - { name: ${name}, kind: slack, channel: "${channel}", botToken: "${slack.botToken}", appToken: "${slack.appToken}", apiUrl: "${slack.apiUrl}" }`;
  const app = await App.start([
    "limits: off", "agents: [{ name: Mara, email: mara@example.com, role: administrator }, { name: Jonas, email: jonas@example.com }]", "teams: [{ name: Billing, members: [jonas@example.com] }]",
    "desks:", slackDesk("Support", "#support"), slackDesk("Billing", "#billing"), `  - { name: Community, kind: discord, channel: "#help", guild: "${discord.guildId}", botToken: "${discord.token}", apiUrl: "${discord.restUrl}" }`,
    'routing: [{ when: "subject:invoice", desk: Billing }]', 'inboxes: [{ name: Website, channel: widget, key: demo, allowedOrigins: ["*"], desk: Support }]', "",
  ].join("\n"));
  // what is broken here is rightly an error in its log
  onTestFinished(async () => { await app.kill(); await rm(app.folder, { recursive: true, force: true }); });
  return { app, slack, billing };
}

test("each page, and Test on a broken and a sound Slack and on Discord", async () => {
  const { app, slack, billing } = await desks();
  const context = await openContext(browser, { viewport: WIDE, colorScheme: "light" });
  const page = await context.newPage();
  const violations: string[] = [];
  page.on("console", (message) => { if (message.text().includes("Content Security Policy")) violations.push(message.text()); });
  await page.goto(await linkOf(app));
  await look(page, "light-wide-door");
  await signIn(page);
  await heading(page, "Overview");
  const visitor = await Visitor.arrive(app.url, { id: "ana", name: "Ana Ruiz" });
  await visitor.write("Where is my order 7001?");
  await page.getByText("Where is my order 7001?").waitFor();

  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Desks" }).click();
  await heading(page, "Desks");
  const card = page.getByRole("article", { name: "Slack" });
  await card.getByRole("button", { name: "Test Slack" }).click();
  await card.getByText("1 thing to mend, 2 remarks, 3 fine").waitFor();
  const findings = card.getByRole("region", { name: "What the test of Slack found" }).getByRole("listitem");
  expect(await findings.filter({ has: page.getByRole("img", { name: "To mend" }) }).allInnerTexts()).toEqual(['Billing: the app is not in #billing. Write "/invite" and the app\'s name there.']);
  expect(await findings.filter({ has: page.getByRole("img", { name: "Remark" }) }).allInnerTexts()).toEqual([expect.stringMatching(/^Scope files:read is missing/), expect.stringMatching(/^Scope channels:join is missing/)]);
  await page.getByRole("button", { name: "Test Discord" }).click();
  await page.getByRole("article", { name: "Discord" }).getByText("Nothing is in the way").waitFor();
  await card.getByText("Rule 1").waitFor();

  for (const [size, viewport] of [["wide", WIDE], ["phone", PHONE]] as const) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const name of ["Overview", "Desks", "Inboxes", "Agents", "Health"]) {
        await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
        await heading(page, name);
        await page.locator("[aria-busy=true]").waitFor({ state: "detached" });
        await look(page, `${colorScheme}-${size}-${name.toLowerCase()}`);
        expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), `${name} is wider than the ${size} screen`).toBe(false);
      }
    }
  }
  await page.setViewportSize(WIDE);

  slack.scopes.add("files:read").add("channels:join");
  billing.members.add(slack.space.botUserId);
  await page.keyboard.press("2");
  await card.getByRole("button", { name: "Test Slack" }).click();
  await card.getByText("Nothing is in the way").waitFor();

  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await look(page, "dark-wide-shortcuts");
  await page.keyboard.press("Escape");
  await page.keyboard.press("3");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy the snippet of Website" }).click();
  await page.getByText("Copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`<script async src="${app.url}/widget/loader.js" data-inbox-key="demo"></script>`);
  expect(violations).toEqual([]);
  expect((await page.request.get(`${app.url}/admin/`)).headers()).toMatchObject({ "content-security-policy": expect.not.stringContaining("unsafe"), "x-frame-options": "DENY", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
});
