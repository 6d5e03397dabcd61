/** Slack's ids as core keeps them, and the marks by which our own posts are found again. Stored, so old formats must stay readable. */
import { DeskError } from "../../core/errors.ts";
import type { DeskPostId, DeskThreadId } from "../../core/model/types.ts";

/** `ts` is the card's: Slack names a thread after its first message. */
export interface SlackThread { team: string; channel: string; ts: string }

const THREAD = /^slack:([A-Z0-9]+):([A-Z0-9]+):(\d+\.\d+)$/;
const TS = /^\d{1,12}\.\d{1,6}$/;

export const makeThreadId = (team: string, channel: string, ts: string): DeskThreadId => `slack:${team}:${channel}:${ts}` as DeskThreadId;

/** @throws {DeskError} THREAD_GONE for a thread of another desk */
export function readThreadId(id: DeskThreadId): SlackThread {
  const match = THREAD.exec(id);
  if (match === null) throw new DeskError("THREAD_GONE", "This thread is not on Slack.", { certain: true, refused: true });
  return { team: match[1]!, channel: match[2]!, ts: match[3]! };
}

/** Whether `id` can be a message of Slack's. */
export const isTs = (id: string): id is DeskPostId => TS.test(id);
/** "1700000000.000100" → the time it names. */
export const timeOfTs = (ts: string): Date => new Date(Math.floor(Number(ts) * 1_000));
/** The ts of a time, for `oldest` and comparisons by name. */
export const tsOfTime = (at: Date): string => `${Math.floor(at.getTime() / 1_000)}.${String(at.getTime() % 1_000).padStart(3, "0")}000`;

/** The app's id within an app-level token ("xapp-1-A0123-…"); null when it is none. Source: docs.slack.dev/authentication/tokens */
export const appIdOf = (appToken: string): string | null => /^xapp-\d+-(A[A-Z0-9]+)-/.exec(appToken)?.[1] ?? null;

/** Type of the metadata on our posts. Source: docs.slack.dev/messaging/message-metadata */
export const METADATA_TYPE = "threadline";

/** What the first block of a post of ours is named after: readable without any scope but the history's. */
export type Mark = { kind: "card"; conversation: string; collapsed: boolean; key: string } | { kind: "post"; key: string; part: number; parts: number } | { kind: "files"; key: string };

/** A `block_id`, 255 characters at most. Source: docs.slack.dev/reference/block-kit/blocks */
export function makeMark(mark: Mark): string {
  if (mark.kind === "card") return `tl:card:${mark.collapsed ? 1 : 0}:${mark.conversation}:${mark.key}`;
  return mark.kind === "post" ? `tl:post:${mark.part}:${mark.parts}:${mark.key}` : `tl:files:${mark.key}`;
}

/** What a `block_id` marks; null when it is none of ours. */
export function readMark(blockId: string): Mark | null {
  const card = /^tl:card:([01]):([^:]+):(.+)$/.exec(blockId);
  if (card !== null) return { kind: "card", collapsed: card[1] === "1", conversation: card[2]!, key: card[3]! };
  const post = /^tl:post:(\d+):(\d+):(.+)$/.exec(blockId);
  if (post !== null) return { kind: "post", part: Number(post[1]), parts: Number(post[2]), key: post[3]! };
  const files = /^tl:files:(.+)$/.exec(blockId);
  return files === null ? null : { kind: "files", key: files[1]! };
}
