/** Core's posts as this desk shows them, and this desk's documents as the contract's JSON. */
import type { DeliveryStatus } from "../../core/model/types.ts";
import type { DeskPost } from "../../core/ports.ts";
import type { PlaygroundNotice, PlaygroundPost, PlaygroundThread, PostAuthor, PostReaction } from "./store.ts";

export const BOT_NAME = "Threadline";
/** Characters of one post; more is split where a line or a word ends. Slack's own limit: docs.slack.dev/reference/methods/chat.postMessage */
export const TEXT_CHARS = 40_000;

/** The bot's reaction on an agent's own message for each receipt; null shows none. */
export const RECEIPT_EMOJI: Record<DeliveryStatus, string | null> = {
  none: null, queued: "⏳", sending: "⏳", sent: "✅", delivered: "📬", read: "👁", failed: "⚠️", cancelled: null, unknown: "❔",
};

/** Pieces of at most `max` characters; a line end, else a blank, else any place that does not halve a character. */
export function splitText(text: string, max = TEXT_CHARS): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > max) {
    const window = rest.slice(0, max);
    let cut = Math.max(window.lastIndexOf("\n"), window.lastIndexOf(" "));
    if (cut < max / 2) cut = max;
    if (/[\uD800-\uDBFF]/.test(rest[cut - 1]!)) cut--;
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut).replace(/^[ \n]/, "");
  }
  return [...pieces, rest];
}

/** What the marks say beside "edited", which has a field of its own. */
const markWords = (marks: string[]): string => {
  const others = marks.filter((mark) => mark !== "edited");
  return others.length === 0 ? "" : `\n(${others.join(", ")})`;
};

const KINDS: Record<DeskPost["kind"], PostAuthor["kind"]> = { customer: "customer", agent: "agent", note: "agent", activity: "bot", system: "bot" };

/** The fields of a post that come from core; `text` in as many pieces as posts are needed. */
export function renderPost(post: DeskPost, at: Date): { texts: string[]; fields: Pick<PlaygroundPost, "author" | "kind" | "spans" | "files" | "marks" | "reactions" | "deletedAt"> } {
  const kind = KINDS[post.kind];
  const name = kind === "bot" ? BOT_NAME : post.author.name;
  // a customer's own picture is never shown: it could be an agent's
  const author: PostAuthor = { name, kind, ...(kind !== "agent" || post.author.avatar === undefined ? {} : { avatar: post.author.avatar }) };
  const texts = splitText(post.text + markWords(post.marks));
  return {
    texts,
    fields: {
      author, kind: post.kind, spans: post.kind === "customer" && texts.length === 1 ? post.spans ?? [] : [], files: post.files, marks: post.marks, reactions: (post.reactions ?? []).map((emoji) => ({ emoji, by: post.author.name, userId: "", at })),
      ...(post.deleted === true ? { deletedAt: at } : {}),
    },
  };
}

const factOf = (thread: PlaygroundThread, label: string): string | null => thread.card.facts.find((fact) => fact.label === label)?.value ?? null;

export function threadView(thread: PlaygroundThread, retired: boolean) {
  const owner = factOf(thread, "Owner");
  return {
    id: thread._id, conversationNumber: thread.card.number, title: thread.card.title, status: thread.card.status,
    assignee: owner === null || /^nobody\b/i.test(owner) ? null : owner, retired, lastMessageAt: thread.lastMessageAt.toISOString(),
  };
}

/** What the page shows of a thread beyond the contract. */
export function threadDetail(thread: PlaygroundThread) {
  return {
    channel: thread.channel, priority: thread.card.priority, lastLine: thread.card.lastLine, collapsed: thread.card.collapsed,
    facts: thread.card.facts.map(({ label, value, at }) => ({ label, value, ...(at === undefined || at === null ? {} : { at: at.toISOString() }) })),
    buttons: thread.card.buttons,
  };
}

export const cardView = (thread: PlaygroundThread) => ({
  facts: thread.card.facts.map(({ label, value }) => ({ label, value })),
  buttons: thread.card.buttons.map(({ id, label }) => ({ id, label })),
});

const reactionView = ({ emoji, by }: PostReaction) => ({ emoji, by });

export function postView(post: PlaygroundPost) {
  const receipt = post.receipt === undefined ? null : RECEIPT_EMOJI[post.receipt];
  const deleted = post.deletedAt !== undefined;
  return {
    id: post._id, seq: post.last, position: post.first, author: { name: post.author.name, kind: post.author.kind }, text: post.text,
    files: post.files.filter((file) => file.state === "ready").map(({ fileId, name, type, bytes }) => ({ fileId, name, type, bytes })),
    reactions: [...post.reactions.map(reactionView), ...(receipt === null || deleted ? [] : [{ emoji: receipt, by: BOT_NAME }])],
    ...(post.inside?.held === undefined ? {} : { held: post.inside.held }),
    edited: post.editedAt !== undefined || post.marks.includes("edited"), deleted, at: post.at.toISOString(),
  };
}

/** What the page shows of a post beyond the contract: whether it stays inside, how far it came. */
export function postDetail(post: PlaygroundPost) {
  const inside = post.kind === "note" ? "note" : post.kind === "person" ? post.inside?.kind ?? "unknown" : "reply";
  return {
    kind: post.kind, inside, ...(post.spans === undefined || post.spans.length === 0 ? {} : { spans: post.spans }), ...(post.receipt === undefined ? {} : { receipt: post.receipt }), ...(post.author.avatar === undefined ? {} : { avatar: post.author.avatar }),
  };
}

export const noticeView = (notice: PlaygroundNotice) => ({
  id: notice._id, at: notice.at.toISOString(), threadId: notice.threadId, text: notice.text, buttons: notice.buttons.map(({ id, label }) => ({ id, label })),
});
