/** A customer without a page: the widget's own calls, for what the page would never try. */
import type { Frame } from "playwright-core";
import type { MessageAnswer, MessagesAnswer, SessionAnswer } from "../../src/channels/widget/wire.ts";

export interface Answer<T> { status: number; body: T }

export class Visitor {
  private lines = 0;
  constructor(readonly url: string, readonly token: string) {}

  static async arrive(url: string, identity?: { id: string; name?: string }): Promise<Visitor> {
    const response = await fetch(`${url}/widget/v1/sessions`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ inboxKey: "demo", ...(identity === undefined ? {} : { identity }) }) });
    return new Visitor(url, ((await response.json()) as SessionAnswer).token);
  }
  /** Whoever sits at this widget frame. */
  static async at(frame: Frame): Promise<Visitor> {
    return new Visitor(new URL(frame.url()).origin, await frame.evaluate(() => localStorage.getItem("threadline:demo:token") ?? ""));
  }

  async get<T>(path: string): Promise<Answer<T>> {
    const response = await fetch(`${this.url}/widget/v1${path}`, { headers: { authorization: `Bearer ${this.token}` } });
    const text = await response.text();
    return { status: response.status, body: (response.headers.get("content-type")?.startsWith("application/json") === true ? JSON.parse(text) : text) as T };
  }
  async feed(): Promise<MessagesAnswer["messages"]> { return (await this.get<MessagesAnswer>("/messages?after=0&limit=100")).body.messages; }
  async write(body: string): Promise<MessageAnswer> {
    const response = await fetch(`${this.url}/widget/v1/messages`, {
      method: "POST", headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" }, body: JSON.stringify({ body, clientId: `line-${++this.lines}` }),
    });
    if (!response.ok) throw new Error(`POST /messages answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as MessageAnswer;
  }
}
