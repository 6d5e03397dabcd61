/** A customer at the widget, wherever it is embedded: on a page, or in a frame of one. */
import type { FrameLocator, Locator, Page } from "playwright-core";
import { expect } from "vitest";

export class Chat {
  readonly launcher: Locator;
  readonly frame: FrameLocator;
  readonly box: Locator;
  constructor(readonly host: Page | FrameLocator) {
    this.launcher = host.locator("threadline-chat > button, threadline-chat button").first();
    this.frame = host.frameLocator('threadline-chat iframe[title="Chat"]');
    this.box = this.frame.getByRole("textbox", { name: "Your message" });
  }
  /** On the playground's page, in the shop on the left. */
  static beside(page: Page): Chat { return new Chat(page.frameLocator("iframe.site-frame")); }

  async open(): Promise<void> {
    await this.launcher.click();
    await this.box.waitFor();
  }
  async close(): Promise<void> {
    await this.launcher.click();
    await this.box.waitFor({ state: "hidden" });
  }
  /** Writes a line and waits until the server has it. */
  async write(text: string): Promise<void> {
    await this.box.fill(text);
    await this.box.press("Enter");
    await this.frame.locator(".line[data-side=mine]:not([data-state]) .bubble", { hasText: text }).waitFor();
  }
  /** Puts files beside the next line and waits until they are up. */
  async attach(...files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
    await this.frame.locator("input[type=file]").setInputFiles(files);
    for (const { name } of files) await this.frame.locator(".chips .chip", { hasText: name }).waitFor();
    await expect.poll(() => this.frame.locator(".chips progress").count()).toBe(0);
  }
  line(text: string): Locator { return this.frame.locator(".line", { hasText: text }); }
  /** The bubbles on screen, oldest first; one of the customer's own begins with ">". */
  lines(): Promise<string[]> {
    return this.frame.locator(".line .bubble").evaluateAll((bubbles) => bubbles.map((bubble) => `${bubble.closest("[data-side=mine]") === null ? "" : "> "}${bubble.textContent}`));
  }
  async sees(...lines: string[]): Promise<void> { await expect.poll(() => this.lines()).toEqual(lines); }
}
