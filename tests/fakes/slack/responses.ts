/** `response_url`: five answers within thirty minutes. Source: docs.slack.dev/interactivity/handling-user-interaction/#message_responses */
import { messageBlocks } from "./blocks.ts";
import type { Messages } from "./messages.ts";
import { SlackRefusal, type Json, type StoredMessage } from "./types.ts";
import type { Workspace } from "./workspace.ts";

export interface ResponseSource { channel: string; user: string; /** Of the message that the interaction was about. */ ts: string | null; threadTs: string | null }
const MAX_USES = 5, LIFETIME_MS = 30 * 60_000;

export class Responses {
  readonly received: { source: ResponseSource; body: Json }[] = [];
  private readonly urls = new Map<string, { source: ResponseSource; at: number; uses: number }>();
  constructor(private readonly space: Workspace, private readonly messages: Messages) {}

  /** The path of a new address. */
  path(source: ResponseSource): string {
    const id = this.space.nextId("R");
    this.urls.set(id, { source, at: this.space.now(), uses: 0 });
    return `/actions/${this.space.team.id}/${id}`;
  }

  /** HTTP status and text of the answer. */
  take(id: string, body: Json): { status: number; text: string } {
    const url = this.urls.get(id);
    if (url === undefined) return { status: 404, text: "no_service" };
    if (this.space.now() - url.at > LIFETIME_MS) return { status: 404, text: "expired_url" };
    if (url.uses >= MAX_USES) return { status: 404, text: "used_url" };
    try { this.apply(url.source, body); } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      return { status: 400, text: error.error };
    }
    url.uses++;
    this.received.push({ source: url.source, body });
    return { status: 200, text: "ok" };
  }

  private apply(source: ResponseSource, body: Json): void {
    const channel = this.space.channel(source.channel);
    const about = source.ts === null ? undefined : this.space.find(source.channel, source.ts);
    const shown = this.space.ephemerals.find(({ ts, channel: id }) => ts === source.ts && id === source.channel);
    if (body.delete_original === true) { if (shown !== undefined) shown.deleted = true; else if (about !== undefined) this.messages.remove(channel, about); return; }
    const blocks = messageBlocks(body.blocks, () => this.space.nextId("b")), text = String(body.text ?? "");
    if (text === "" && blocks === null) throw new SlackRefusal("no_text");
    if (body.replace_original === true && shown !== undefined) { Object.assign(shown, { text, blocks }); return; }
    if (body.replace_original === true && about !== undefined) { this.messages.change(channel, about, { text, blocks }); return; }
    const threadTs = typeof body.thread_ts === "string" ? body.thread_ts : null;
    if (body.response_type === "in_channel") {
      const from: Partial<StoredMessage> = { botId: this.space.botId, user: this.space.botUserId, blocks, threadTs };
      this.messages.post(channel, { text, ...from });
    } else this.space.ephemerals.push({ ts: this.space.nextTs(channel), channel: channel.id, user: source.user, text, blocks, threadTs, username: null, deleted: false });
  }
}
