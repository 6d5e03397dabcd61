/**
 * An event of Slack's → what it means for a thread, the same live and read back.
 * Source: docs.slack.dev/reference/events/message and its subtypes, /reaction_added, /reaction_removed
 */
import { z } from "zod";
import type { DeskFile, DeskThreadId } from "../../../core/model/types.ts";
import type { IncomingDeskEvent } from "../../../core/ports.ts";
import { shownEmoji } from "./emoji.ts";
import { isTs, makeThreadId, timeOfTs } from "../ids.ts";
import type { Places } from "./places.ts";
import { readMessageText, type Names, type ReadText } from "./text.ts";

const Ts = z.string().refine(isTs);
const Id = z.string().regex(/^[A-Z0-9]+$/);
const File = z.object({ id: z.string(), name: z.string().nullish(), mimetype: z.string().nullish(), size: z.number().nullish(), mode: z.string().nullish(), is_external: z.boolean().nullish(), permalink: z.string().nullish(), url_private: z.string().nullish() });
// a part that is not as documented must not take the line with it
const Message = z.object({
  ts: Ts, text: z.string().nullish(), subtype: z.string().nullish(), user: z.string().nullish(), username: z.string().nullish(), bot_id: z.string().nullish(), thread_ts: Ts.nullish(), parent_user_id: z.string().nullish(),
  edited: z.object({ ts: Ts }).nullish(), files: z.array(File).nullish().catch(null), blocks: z.array(z.unknown()).nullish().catch(null),
});
type Message = z.infer<typeof Message>;
const Said = Message.extend({ type: z.literal("message"), channel: Id });
const Changed = z.object({ type: z.literal("message"), subtype: z.literal("message_changed"), channel: Id, message: Message, previous_message: Message.nullish().catch(null) });
const Deleted = z.object({ type: z.literal("message"), subtype: z.literal("message_deleted"), channel: Id, deleted_ts: Ts, event_ts: Ts, previous_message: Message.nullish().catch(null) });
const Reacted = z.object({ type: z.enum(["reaction_added", "reaction_removed"]), user: z.string(), reaction: z.string(), event_ts: Ts, item: z.object({ type: z.literal("message"), channel: Id, ts: Ts }) });

/** What people wrote, whatever else Slack says about it. A bot's own are told apart by their author. */
const SAID = new Set<string | null | undefined>([undefined, null, "file_share", "thread_broadcast", "me_message", "bot_message"]);

/** Slackbot stands in for a first message that was deleted. */
const PERSON = /^(?!USLACKBOT$)[UW]/;

export interface ParserOptions {
  /** Whom the app is. @throws {DeskError} while Slack does not say */
  team(): Promise<{ teamId: string; botUserId: string; botId: string }>;
  places: Places;
  names: Names;
  /** Called for everyone who writes, before their line is stored: links them to their agent where that is certain. Answers their name. */
  meet(userId: string): Promise<string>;
  /** Only agents' reactions mean anything; for others' no thread is looked for. */
  isAgent(userId: string): Promise<boolean>;
}
/** `thread`: where it happened, when that is known; else it is looked for. Empty: nothing that concerns a thread. */
export type Parse = (event: unknown, thread?: DeskThreadId) => Promise<IncomingDeskEvent[]>;

export function createParser({ team, places, names, meet, isAgent }: ParserOptions): Parse {
  type Us = Awaited<ReturnType<typeof team>>;
  const isOwn = (message: Message, us: Us): boolean => message.bot_id === us.botId || message.user === us.botUserId;

  /** The thread of a reply; null for a thread's first message, for one outside of threads, and in a thread that a person or another app opened. */
  function threadOf(us: Us, channel: string, message: Message): DeskThreadId | null {
    const { ts, thread_ts: root, parent_user_id: opener } = message;
    places.saw(channel, ts, root ?? null);
    if (root == null || root === ts || (opener != null && PERSON.test(opener) && opener !== us.botUserId)) return null;
    return makeThreadId(us.teamId, channel, root);
  }
  const textOf = (message: Message): Promise<ReadText> => readMessageText({ text: message.text ?? "", blocks: message.blocks }, names);

  /** Files that lie elsewhere can't be fetched: their addresses are part of the text. */
  function filesOf(message: Message): { files: DeskFile[]; links: string[] } {
    const there = (message.files ?? []).filter(({ mode }) => mode !== "tombstone" && mode !== "hidden_by_limit");
    return {
      files: there.filter((file) => file.is_external !== true).map((file) => ({ name: file.name ?? "file", type: file.mimetype ?? "application/octet-stream", bytes: file.size ?? 0, ref: file.id })),
      links: there.flatMap((file) => (file.is_external === true && (file.url_private ?? file.permalink) != null ? [`${file.name ?? "File"}: ${file.url_private ?? file.permalink}`] : [])),
    };
  }
  async function contentOf(message: Message): Promise<ReadText & { files: DeskFile[] }> {
    const { text, mentions } = await textOf(message);
    const { files, links } = filesOf(message);
    return { text: [text, ...links].filter((part) => part !== "").join("\n"), mentions, files };
  }

  async function said(us: Us, event: z.infer<typeof Said>, known: DeskThreadId | undefined): Promise<IncomingDeskEvent[]> {
    if (!SAID.has(event.subtype)) return [];
    const thread = threadOf(us, event.channel, event) ?? known;
    if (thread === undefined || isOwn(event, us)) return [];
    const author = event.user ?? event.bot_id;
    if (author == null) return [];
    const bot = event.bot_id != null;
    const userName = bot ? event.username ?? author : await meet(author);
    const { text, mentions, files } = await contentOf(event);
    return [{ id: `${event.ts}:new`, thread, at: timeOfTs(event.ts), data: { type: "message", postId: event.ts, userId: author, userName, userKind: bot ? "bot" : "person", text, mentions, files } }];
  }

  /** A preview that Slack adds, a translation, a reply that is counted: no edit of its author's. */
  async function changed(us: Us, { channel, message, previous_message: before }: z.infer<typeof Changed>, known: DeskThreadId | undefined): Promise<IncomingDeskEvent[]> {
    const { edited, user } = message;
    if (isOwn(message, us) || message.subtype === "tombstone" || message.bot_id != null || user == null || edited == null || edited.ts === before?.edited?.ts) return [];
    const thread = threadOf(us, channel, message) ?? known;
    if (thread === undefined) return [];
    const { text, mentions } = await contentOf(message);
    const editedAt = timeOfTs(edited.ts);
    return [{ id: `${message.ts}:edit:${edited.ts}`, thread, at: editedAt, data: { type: "edit", postId: message.ts, userId: user, text, mentions, editedAt } }];
  }

  async function deleted(us: Us, event: z.infer<typeof Deleted>, known: DeskThreadId | undefined): Promise<IncomingDeskEvent[]> {
    const { channel, deleted_ts: ts, previous_message: before } = event;
    if (before != null && isOwn(before, us)) return [];
    const root = before == null ? await places.threadOf(channel, ts) : before.thread_ts ?? null;
    const thread = known ?? (root === null || root === ts ? null : before == null ? makeThreadId(us.teamId, channel, root) : threadOf(us, channel, before));
    if (thread === null) return [];
    return [{ id: `${ts}:delete`, thread, at: timeOfTs(event.event_ts), data: { type: "delete", postId: ts, ...(before?.user == null ? {} : { userId: before.user }) } }];
  }

  async function reacted(us: Us, event: z.infer<typeof Reacted>, known: DeskThreadId | undefined): Promise<IncomingDeskEvent[]> {
    const { user: userId, item: { channel, ts }, event_ts } = event;
    if (userId === us.botUserId || !(await isAgent(userId))) return [];
    const root = known === undefined ? await places.threadOf(channel, ts) : null;
    const thread = known ?? (root === null ? null : makeThreadId(us.teamId, channel, root));
    if (thread === null) return [];
    const at = timeOfTs(event_ts), emoji = shownEmoji(event.reaction), removed = event.type === "reaction_removed";
    return [{ id: `${ts}:${removed ? "unreact" : "react"}:${userId}:${emoji}:${at.toISOString()}`, thread, at, data: { type: "reaction", postId: ts, userId, emoji, removed } }];
  }

  return async function parse(event, thread) {
    const change = Changed.safeParse(event), deletion = Deleted.safeParse(event), reaction = Reacted.safeParse(event);
    if (change.success) return changed(await team(), change.data, thread);
    if (deletion.success) return deleted(await team(), deletion.data, thread);
    if (reaction.success) return reacted(await team(), reaction.data, thread);
    const line = Said.safeParse(event);
    return line.success ? said(await team(), line.data, thread) : [];
  };
}
