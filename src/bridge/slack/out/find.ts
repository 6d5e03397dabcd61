/** Our own posts and cards, found again by what we wrote into them: settles what a crash or a lost answer left open. */
import { z } from "zod";
import type { DeskThreadId } from "../../../core/model/types.ts";
import type { SlackApi } from "../api.ts";
import { slackCode } from "../errors.ts";
import { makeThreadId, METADATA_TYPE, readMark, type Mark, type SlackThread } from "../ids.ts";

/** Only what is read of a message here; everything else passes through untouched. Source: docs.slack.dev/reference/methods/conversations.replies */
const Message = z.looseObject({
  ts: z.string(), thread_ts: z.string().optional(), user: z.string().optional(), bot_id: z.string().optional(), subtype: z.string().optional(), latest_reply: z.string().optional(),
  text: z.string().optional(), edited: z.object({ ts: z.string() }).optional().catch(undefined), reactions: z.array(z.object({ name: z.string(), users: z.array(z.string()), count: z.number().optional() })).optional().catch(undefined),
  blocks: z.array(z.looseObject({ block_id: z.string().optional() })).optional().catch(undefined),
  metadata: z.looseObject({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) }).optional().catch(undefined),
});
export type SlackMessage = z.infer<typeof Message>;
const Page = z.object({ messages: z.array(Message), has_more: z.boolean().optional(), response_metadata: z.object({ next_cursor: z.string().optional() }).optional() });

/** Messages of one page of a thread; of the channel, what is asked for at once. */
const PAGE = 200;
/** Pages of a channel in which a card that may be there is looked for, newest first. */
const CARD_PAGES = 5;

/** What a post of ours says about itself: by its metadata, or by the name of its first block, which needs no scope. */
export function markOf(message: SlackMessage): Mark | null {
  const blockId = message.blocks?.[0]?.block_id;
  const mark = blockId === undefined ? null : readMark(blockId);
  if (mark !== null || message.metadata?.event_type !== METADATA_TYPE) return mark;
  const { key, conversation, part, parts } = message.metadata.event_payload;
  if (typeof key !== "string") return null;
  if (typeof conversation === "string") return { kind: "card", conversation, collapsed: false, key };
  return { kind: "post", key, part: Number(part ?? 0), parts: Number(parts ?? 1) };
}
export const isOurs = (message: SlackMessage, botId: string): boolean => message.bot_id === botId;

/** All messages of a thread from a time on, its first one too, oldest first. Pages until the end. @throws {DeskError} */
export async function readThread(api: SlackApi, { channel, ts }: SlackThread, signal: AbortSignal, oldest?: string): Promise<SlackMessage[]> {
  const messages = new Map<string, SlackMessage>();
  let cursor = "";
  do {
    const page = Page.parse(await api.call("conversations.replies", {
      channel, ts, limit: PAGE, include_all_metadata: true, ...(oldest === undefined ? {} : { oldest, inclusive: true }), ...(cursor === "" ? {} : { cursor }),
    }, { signal, channel }));
    for (const message of page.messages) messages.set(message.ts, message);
    cursor = page.has_more === true ? page.response_metadata?.next_cursor ?? "" : "";
  } while (cursor !== "");
  return [...messages.values()];
}

/** The newest messages of a channel itself, newest first; `more`: there are older ones. @throws {DeskError} */
export async function readPage(api: SlackApi, channel: string, limit: number, signal: AbortSignal): Promise<{ messages: SlackMessage[]; more: boolean }> {
  const { messages, has_more: more } = Page.parse(await api.call("conversations.history", { channel, limit }, { signal, channel }));
  return { messages, more: more === true };
}

/** The first message of a thread; null when it is gone. @throws {DeskError} */
export async function readCard(api: SlackApi, { channel, ts }: SlackThread, signal: AbortSignal): Promise<SlackMessage | null> {
  try {
    const { messages } = Page.parse(await api.call("conversations.replies", { channel, ts, limit: 1, include_all_metadata: true }, { signal, channel }));
    return messages.find((message) => message.ts === ts && message.subtype !== "tombstone") ?? null;
  } catch (error) {
    if (slackCode(error) === "thread_not_found" || slackCode(error) === "message_not_found") return null;
    throw error;
  }
}

/** The thread whose card was posted under `key`, among the newest of a channel. @throws {DeskError} */
export async function findCard(api: SlackApi, team: { teamId: string; botId: string }, channel: string, key: string, signal: AbortSignal): Promise<DeskThreadId | null> {
  let cursor = "";
  for (let page = 0; page < CARD_PAGES; page++) {
    const answer = Page.parse(await api.call("conversations.history", { channel, limit: PAGE, include_all_metadata: true, ...(cursor === "" ? {} : { cursor }) }, { signal, channel }));
    const found = answer.messages.find((message) => {
      const mark = isOurs(message, team.botId) ? markOf(message) : null;
      return mark?.kind === "card" && mark.key === key;
    });
    if (found !== undefined) return makeThreadId(team.teamId, channel, found.ts);
    cursor = answer.has_more === true ? answer.response_metadata?.next_cursor ?? "" : "";
    if (cursor === "") break;
  }
  return null;
}

/** What stands in a thread under `key`: its messages by part, the files' last, and whether that is all of it. @throws {DeskError} */
export async function findParts(api: SlackApi, botId: string, place: SlackThread, key: string, signal: AbortSignal): Promise<{ texts: Map<number, string>; files: string | null; whole: boolean }> {
  const texts = new Map<number, string>();
  let files: string | null = null;
  let parts = 1;
  for (const message of await readThread(api, place, signal)) {
    const mark = isOurs(message, botId) ? markOf(message) : null;
    if (mark === null || mark.key !== key || mark.kind === "card") continue;
    if (mark.kind === "files") { files ??= message.ts; continue; }
    if (!texts.has(mark.part)) texts.set(mark.part, message.ts);
    parts = mark.parts;
  }
  return { texts, files, whole: texts.size + (files === null ? 0 : 1) >= parts };
}
