/** An agent at the playground's desk. */
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { openPage } from "./browser.ts";

export class Desk {
  readonly composer: Locator;
  readonly commandLine: Locator;
  readonly card: Locator;
  readonly rows: Locator;
  readonly notices: Locator;
  readonly answers: Locator;
  constructor(readonly page: Page) {
    this.composer = page.getByRole("textbox", { name: "Write in this thread" });
    this.commandLine = page.getByRole("textbox", { name: "Command" });
    this.card = page.getByRole("article", { name: "Card of the conversation" });
    this.rows = page.locator(".list-rows .row");
    this.notices = page.locator(".posts .notice");
    this.answers = page.getByRole("region", { name: "Answers to your commands" });
  }
  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Desk> {
    return new Desk(await openPage(browser, `${url}/playground/`, options));
  }

  async openThread(title: string): Promise<void> {
    await this.rows.filter({ hasText: title }).click();
    await this.card.waitFor();
  }
  async write(text: string): Promise<Locator> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
    const post = this.post(text);
    await post.waitFor();
    return post;
  }
  /** Types a line and Enter, in the command line or the thread. */
  async type(box: Locator, text: string): Promise<void> {
    await box.fill(text);
    await box.press("Enter");
  }
  post(text: string): Locator { return this.page.locator("article.post", { hasText: text }); }
  async receipt(post: Locator, ...states: string[]): Promise<void> {
    await expect.poll(() => post.locator(".receipt").getAttribute("data-receipt").catch(() => null)).toBeOneOf(states);
  }
  notice(text: string | RegExp): Locator { return this.page.locator(".notice", { hasText: text }); }
  button(name: string): Locator { return this.card.getByRole("button", { name, exact: true }); }
  async fact(label: string): Promise<string | null> {
    const value = this.card.locator("dl > div", { has: this.page.locator("dt", { hasText: label }) }).locator("dd");
    return (await value.count()) === 0 ? null : value.innerText();
  }
  async shows(label: string, value: string | null): Promise<void> { await expect.poll(() => this.fact(label)).toBe(value); }
  async actAs(name: string): Promise<void> {
    await this.page.getByRole("button", { name: /^Act as somebody else/ }).click();
    await this.page.locator(".menu-row", { hasText: name }).click();
    await this.page.getByRole("button", { name: `Act as somebody else (now ${name})` }).waitFor();
  }
}
