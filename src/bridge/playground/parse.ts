/** What a person wrote: teammates mentioned, verbs, and posts as events for the bridge. */
import type { IncomingDeskEvent } from "../../core/ports.ts";
import type { DeskFile, FileRef } from "../../core/model/types.ts";
import { makeThreadId } from "./ids.ts";
import type { PlaygroundPost } from "./store.ts";

const WORD_NEXT = /^[\p{L}\p{N}_]/u;

/** The agents that `text` mentions, each once: `@` and an exact name, the longest that fits, in any case, ending where a word ends. */
export function mentionsIn(text: string, names: readonly string[]): string[] {
  const plain = text.normalize("NFKC").toLowerCase();
  const longestFirst = names.map((name) => ({ name, plain: name.normalize("NFKC").toLowerCase() })).sort((a, b) => b.plain.length - a.plain.length);
  const found = new Set<string>();
  for (let at = plain.indexOf("@"); at !== -1; at = plain.indexOf("@", at + 1)) {
    const rest = plain.slice(at + 1);
    const hit = longestFirst.find((one) => one.plain !== "" && rest.startsWith(one.plain) && !WORD_NEXT.test(rest.slice(one.plain.length)));
    if (hit !== undefined) found.add(hit.name);
  }
  return [...found];
}

/** A `/verb` and what follows it; null when the text is no command. */
export function parseCommand(text: string): { verb: string; args: string } | null {
  const match = /^\/([a-z][a-z-]*)(?:\s+([^]*))?$/i.exec(text.trim());
  return match === null ? null : { verb: match[1]!.toLowerCase(), args: (match[2] ?? "").trim() };
}

const asDeskFile = (file: FileRef): DeskFile => ({ name: file.name, type: file.type, bytes: file.bytes, ref: file.fileId });
const eventOf = (post: PlaygroundPost, what: string, at: Date, data: IncomingDeskEvent["data"]): IncomingDeskEvent => ({ id: `${post._id}:${what}`, thread: makeThreadId(post.threadId), at, data });

export const newEvent = (post: PlaygroundPost, mentions: number): IncomingDeskEvent => eventOf(post, "new", post.at, {
  type: "message", postId: post._id, userId: post.author.userId!, userName: post.author.name, userKind: "person", text: post.text, mentions, files: post.files.map(asDeskFile),
});
export const editEvent = (post: PlaygroundPost & { editedAt: Date }, mentions: number): IncomingDeskEvent => eventOf(post, `edit:${post.editedAt.toISOString()}`, post.editedAt, {
  type: "edit", postId: post._id, userId: post.author.userId!, text: post.text, mentions, editedAt: post.editedAt,
});
export const deleteEvent = (post: PlaygroundPost & { deletedAt: Date }): IncomingDeskEvent => eventOf(post, "delete", post.deletedAt, {
  type: "delete", postId: post._id, ...(post.author.userId === undefined ? {} : { userId: post.author.userId }),
});
export const reactionEvent = (post: PlaygroundPost, reaction: { emoji: string; userId: string; at: Date }, removed: boolean): IncomingDeskEvent =>
  eventOf(post, `${removed ? "unreact" : "react"}:${reaction.userId}:${reaction.emoji}:${reaction.at.toISOString()}`, reaction.at, { type: "reaction", postId: post._id, userId: reaction.userId, emoji: reaction.emoji, removed });
