/** chat.* and assistant.threads.setStatus. Source: docs.slack.dev/reference/methods/chat.postmessage and its siblings */
import { messageBlocks } from "../blocks.ts";
import { isTs } from "../workspace.ts";
import { SlackRefusal, type FakeChannel, type Json, type StoredMessage } from "../types.ts";
import { requireScope, truth, words, type Method, type MethodContext } from "./context.ts";

/** Names and pictures of one message; what the scope does not allow is dropped. Source: docs.slack.dev/reference/scopes/chat.write.customize */
export function customised(args: Json, context: MethodContext): Pick<StoredMessage, "username" | "icons"> {
  const username = words(args, "username"), emoji = words(args, "icon_emoji"), url = words(args, "icon_url");
  const asked = username !== null || emoji !== null || url !== null;
  if (asked && !context.scopes.has("chat:write.customize")) {
    if (context.switches.customizeRefusal === "missing_scope") requireScope(context, "chat:write.customize");
    return { username: null, icons: null };
  }
  const icons = emoji === null ? (url === null ? null : { image_36: url, image_48: url, image_72: url }) : { emoji };
  return { username: username?.slice(0, 80) ?? null, icons };
}

/** Payload values are strings, numbers, truths, or flat lists and objects of them. Source: docs.slack.dev/messaging/message-metadata */
function metadataOf(args: Json): Json | null | undefined {
  const value = args.metadata as Json | undefined;
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null) throw new SlackRefusal("invalid_metadata_format");
  if (Object.keys(value).length === 0) return null;
  if (typeof value.event_type !== "string" || typeof value.event_payload !== "object" || value.event_payload === null) throw new SlackRefusal("invalid_metadata_format");
  if (JSON.stringify(value).length > 16_000) throw new SlackRefusal("metadata_too_large");
  return value;
}

interface Content { text: string; blocks: Json[] | null; attachments: Json[] | null }
/** @throws SlackRefusal no_text, msg_too_long, markdown_text_conflict, and those of the blocks */
function contentOf(args: Json, { space }: MethodContext): Content {
  const markdown = words(args, "markdown_text"), text = words(args, "text");
  if (markdown !== null && (text !== null || words(args, "blocks") !== null)) throw new SlackRefusal("markdown_text_conflict");
  if (markdown !== null && markdown.length > 12_000) throw new SlackRefusal("msg_too_long");
  const blocks = messageBlocks(args.blocks, () => space.nextId("b"));
  const attachments = Array.isArray(args.attachments) && args.attachments.length > 0 ? (args.attachments as Json[]) : null;
  if (attachments !== null && attachments.length > 100) throw new SlackRefusal("too_many_attachments");
  if (text === null && markdown === null && blocks === null && attachments === null) throw new SlackRefusal("no_text");
  return { text: text ?? markdown ?? "", blocks, attachments };
}
const parsingOf = (args: Json, usual: "client" | null): StoredMessage["parsing"] =>
  ({ linkNames: truth(args, "link_names"), parse: (words(args, "parse") as "none" | "full" | null) ?? usual, mrkdwn: args.mrkdwn === undefined || truth(args, "mrkdwn") });

/** Where the bot may write. @throws SlackRefusal channel_not_found, is_archived, not_in_channel */
export function writable(reference: unknown, context: MethodContext, publicToo: boolean): FakeChannel {
  const { space, scopes } = context;
  const person = typeof reference === "string" ? space.users.get(reference) : undefined;
  if (person?.deleted === true) throw new SlackRefusal("channel_not_found");
  const channel = person === undefined ? space.visible(reference) : space.directWith(person.id);
  if (channel.archived) throw new SlackRefusal("is_archived");
  if (!channel.members.has(space.botUserId) && !(publicToo && scopes.has("chat:write.public"))) throw new SlackRefusal("not_in_channel");
  return channel;
}
/** A reply to a reply lands in its thread, a reply to what is gone in the channel itself, unsaid. Source: github.com/slack-go/slack/issues/1571 */
const threadOf = (channel: FakeChannel, args: Json): string | null => {
  const asked = words(args, "thread_ts");
  if (asked === null) return null;
  if (!isTs(asked)) throw new SlackRefusal("invalid_thread_ts");
  const parent = channel.byTs.get(asked);
  return parent === undefined ? null : (parent.threadTs ?? asked);
};

const postMessage = (args: Json, context: MethodContext): Json => {
  const { space, messages, shapes } = context;
  const channel = writable(args.channel, context, true);
  const content = contentOf(args, context), identity = customised(args, context), threadTs = threadOf(channel, args), metadata = metadataOf(args) ?? null;
  const named = identity.username !== null || identity.icons !== null;
  const broadcast = threadTs !== null && truth(args, "reply_broadcast") && channel.byTs.has(threadTs);
  const flag = (name: string) => (args[name] === undefined ? null : truth(args, name));
  const stored = messages.post(channel, {
    ...content, ...identity, threadTs, metadata, botId: space.botId, user: named ? null : space.botUserId, subtype: named ? "bot_message" : broadcast ? "thread_broadcast" : null,
    parsing: parsingOf(args, null), unfurl: { links: flag("unfurl_links"), media: flag("unfurl_media") },
  });
  const tooLong = content.text.length > 40_000 ? { response_metadata: { warnings: ["message_truncated"] }, warning: "message_truncated" } : {};
  return { channel: channel.id, ts: stored.ts, message: shapes.message(stored, true), ...tooLong };
};

/** One of the bot's own. @throws SlackRefusal message_not_found or what `refused` names */
function own(args: Json, context: MethodContext, refused: string): { channel: FakeChannel; stored: StoredMessage } {
  const channel = context.space.visible(args.channel);
  const stored = context.space.find(channel.id, String(args.ts));
  if (stored === undefined || stored.subtype === "tombstone") throw new SlackRefusal("message_not_found");
  if (channel.archived) throw new SlackRefusal(refused === "cant_update_message" ? "is_inactive" : "is_archived");
  if (stored.botId !== context.space.botId) throw new SlackRefusal(refused);
  return { channel, stored };
}

const update = (args: Json, context: MethodContext): Json => {
  const { channel, stored } = own(args, context, "cant_update_message");
  const text = words(args, "text"), metadata = metadataOf(args);
  if (text !== null && text.length > 4_000) throw new SlackRefusal("msg_too_long");
  const content = contentOf(args, context);
  const keptBlocks = content.blocks ?? (text === null && words(args, "blocks") === null ? stored.blocks : null);
  const edited = content.blocks === null ? { edited: { user: context.space.botUserId, ts: context.space.eventTs() } } : {};
  context.messages.change(channel, stored, {
    text: content.text, blocks: keptBlocks, attachments: content.attachments, ...(metadata === undefined ? {} : { metadata }), parsing: parsingOf(args, "client"), ...edited,
  });
  return { channel: channel.id, ts: stored.ts, text: stored.text, message: context.shapes.message(stored, true) };
};

const remove = (args: Json, context: MethodContext): Json => {
  const { channel, stored } = own(args, context, "cant_delete_message");
  context.messages.remove(channel, stored);
  return { channel: channel.id, ts: stored.ts };
};

const postEphemeral = (args: Json, context: MethodContext): Json => {
  const { space } = context;
  const channel = writable(args.channel, context, false), user = String(args.user);
  if (!channel.members.has(user)) throw new SlackRefusal("user_not_in_channel");
  if ((words(args, "text") ?? "").length > 40_000) throw new SlackRefusal("msg_too_long");
  const content = contentOf(args, context);
  const ts = space.nextTs(channel);
  space.ephemerals.push({ ts, channel: channel.id, user, text: content.text, blocks: content.blocks, threadTs: words(args, "thread_ts"), username: customised(args, context).username, deleted: false });
  return { message_ts: ts };
};

const getPermalink = (args: Json, { space, shapes }: MethodContext): Json => {
  const channel = space.visible(args.channel), ts = String(args.message_ts);
  const stored = space.find(channel.id, ts);
  if (stored === undefined) throw new SlackRefusal("message_not_found");
  const inThread = stored.threadTs === null ? "" : `?thread_ts=${stored.threadTs}&cid=${channel.id}`;
  return { channel: channel.id, permalink: `${shapes.base}/archives/${channel.id}/p${ts.replace(".", "")}${inThread}` };
};

/** Source: docs.slack.dev/reference/methods/assistant.threads.setstatus (an empty status clears it; it ends after two minutes) */
const setStatus = (args: Json, context: MethodContext): Json => {
  const { space, switches } = context;
  if (switches.setStatusError !== null) throw new SlackRefusal(switches.setStatusError);
  const channel = space.visible(args.channel_id), ts = String(args.thread_ts);
  if (space.find(channel.id, ts) === undefined) throw new SlackRefusal("invalid_thread_ts");
  const status = words(args, "status"), key = `${channel.id}:${ts}`;
  if (status === null) space.statuses.delete(key); else space.statuses.set(key, { status, username: customised(args, context).username, at: space.now() });
  return {};
};

const WRITE = ["chat:write"];
export const chatMethods: Record<string, Method> = {
  "chat.postMessage": { run: postMessage, tier: "special", scopes: WRITE, needs: ["channel"] },
  "chat.update": { run: update, tier: 3, scopes: WRITE, needs: ["channel", "ts"] },
  "chat.delete": { run: remove, tier: 3, scopes: WRITE, needs: ["channel", "ts"] },
  "chat.postEphemeral": { run: postEphemeral, tier: 4, scopes: WRITE, needs: ["channel", "user"] },
  "chat.getPermalink": { run: getPermalink, tier: "special", scopes: [], needs: ["channel", "message_ts"] },
  "assistant.threads.setStatus": { run: setStatus, tier: "special", scopes: ["chat:write", "assistant:write"], needs: ["channel_id", "thread_ts"] },
};
