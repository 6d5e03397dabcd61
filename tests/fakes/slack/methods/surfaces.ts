/** reactions.*, views.*, files.*. Source: docs.slack.dev/reference/methods/reactions.add, /views.open, /files.getuploadurlexternal and their siblings */
import { messageBlocks } from "../blocks.ts";
import { badArguments, SlackRefusal, type FakeChannel, type FakeFile, type FakeView, type Json, type StoredMessage } from "../types.ts";
import { isTs } from "../workspace.ts";
import { customised, writable } from "./chat.ts";
import { words, type Method, type MethodContext } from "./context.ts";

/** The message that a reaction is about; anything in a channel the bot is in. */
function target(args: Json, { space }: MethodContext, writing: boolean): { channel: FakeChannel; stored: StoredMessage } {
  const channel = space.visible(args.channel);
  if (!isTs(args.timestamp)) throw new SlackRefusal("bad_timestamp");
  if (writing && channel.archived) throw new SlackRefusal("is_archived");
  if (!channel.members.has(space.botUserId)) throw new SlackRefusal("not_in_channel");
  const stored = space.find(channel.id, args.timestamp);
  if (stored === undefined || stored.subtype === "tombstone") throw new SlackRefusal("message_not_found");
  return { channel, stored };
}
/** Bare names; colons around them are taken off as Slack does. */
const emoji = (args: Json): string => String(args.name).replace(/^:|:$/g, "");
const react = (args: Json, context: MethodContext): Json => { const { channel, stored } = target(args, context, true); context.messages.react(channel, stored, context.space.botUserId, emoji(args)); return {}; };
const unreact = (args: Json, context: MethodContext): Json => { const { channel, stored } = target(args, context, true); context.messages.unreact(channel, stored, context.space.botUserId, emoji(args)); return {}; };
const reactions = (args: Json, context: MethodContext): Json => {
  const { channel, stored } = target(args, context, false);
  return { type: "message", channel: channel.id, message: { ...context.shapes.message(stored), permalink: `${context.shapes.base}/archives/${channel.id}/p${stored.ts.replace(".", "")}` } };
};

const answer = ({ shapes }: MethodContext, view: FakeView): Json => ({ view: shapes.view(view) });
const publish = (args: Json, context: MethodContext): Json => {
  if (!context.space.users.has(String(args.user_id))) throw badArguments("invalid `user_id` [json-pointer:/user_id]");
  return answer(context, context.views.publish(String(args.user_id), args.hash, args.view));
};

const TYPES: Record<string, string> = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", pdf: "application/pdf", txt: "text/plain", csv: "text/csv", zip: "application/zip", mp3: "audio/mpeg", ogg: "audio/ogg", mp4: "video/mp4", json: "application/json" };
export const typeOf = (name: string): string => TYPES[name.split(".").at(-1)?.toLowerCase() ?? ""] ?? "application/octet-stream";

const getUploadUrl = (args: Json, { space, shapes }: MethodContext): Json => {
  const length = Number(args.length);
  if (!Number.isInteger(length) || length < 0) throw badArguments("must be an integer [json-pointer:/length]");
  if (length === 0) throw new SlackRefusal("file_upload_size_restricted");
  const name = String(args.filename), id = space.nextId("F");
  space.files.set(id, { id, name, title: name, mimetype: typeOf(name), content: Buffer.alloc(0), user: space.botUserId, created: space.clock.seconds(), deleted: false, complete: false, shares: [] });
  return { upload_url: `${shapes.base}/upload/v1/${id}`, file_id: id };
};

/** The answer comes before the message: its ts is learnt from the `file_share` event or from files.info. */
const completeUpload = (args: Json, context: MethodContext): Json => {
  const { space, shapes, messages } = context;
  const asked = args.files as { id: string; title?: string }[] | undefined;
  if (!Array.isArray(asked) || asked.length === 0) throw badArguments("missing required field: files");
  const files = asked.map(({ id, title }): FakeFile => {
    const file = space.files.get(id);
    if (file === undefined || file.complete || file.content.length === 0) throw new SlackRefusal("file_not_found");
    if (title !== undefined && title !== "") file.title = title;
    return file;
  });
  const target = words(args, "channel_id") ?? words(args, "channels");
  const channel = target === null ? null : writable(target.split(",")[0], context, false);
  const blocks = words(args, "initial_comment") === null ? messageBlocks(args.blocks, () => space.nextId("b")) : null;
  const identity = customised(args, context);
  for (const file of files) file.complete = true;
  if (channel !== null) {
    const threadTs = words(args, "thread_ts");
    context.later(context.switches.shareDelayMs, () => {
      if (channel.archived || channel.deleted || !channel.members.has(space.botUserId)) return;
      messages.post(channel, { text: words(args, "initial_comment") ?? "", blocks, ...identity, fileIds: files.map(({ id }) => id), threadTs, user: space.botUserId, botId: space.botId, subtype: "file_share" });
    });
  }
  return { files: files.map((file) => shapes.file(file)) };
};
const fileInfo = (args: Json, { space, shapes }: MethodContext): Json => {
  const file = space.files.get(String(args.file));
  if (file === undefined || !file.complete) throw new SlackRefusal("file_not_found");
  if (file.deleted) throw new SlackRefusal("file_deleted");
  return { file: shapes.file(file), comments: [] };
};

const REACT = ["channel", "timestamp"];
export const surfaceMethods: Record<string, Method> = {
  "reactions.add": { run: react, tier: 3, scopes: ["reactions:write"], needs: [...REACT, "name"] },
  "reactions.remove": { run: unreact, tier: 2, scopes: ["reactions:write"], needs: [...REACT, "name"] },
  "reactions.get": { run: reactions, tier: 3, scopes: ["reactions:read"], needs: REACT },
  "views.open": { run: (args, context) => answer(context, context.views.open(args.trigger_id, args.view)), tier: 4, scopes: [], needs: ["trigger_id", "view"] },
  "views.push": { run: (args, context) => answer(context, context.views.push(args.trigger_id, args.view)), tier: 4, scopes: [], needs: ["trigger_id", "view"] },
  "views.update": { run: (args, context) => answer(context, context.views.update(args.view_id ?? args.external_id, args.hash, args.view)), tier: 4, scopes: [], needs: ["view"] },
  "views.publish": { run: publish, tier: 4, scopes: [], needs: ["user_id", "view"] },
  "files.getUploadURLExternal": { run: getUploadUrl, tier: 4, scopes: ["files:write"], needs: ["filename", "length"] },
  "files.completeUploadExternal": { run: completeUpload, tier: 4, scopes: ["files:write"], needs: ["files"] },
  "files.info": { run: fileInfo, tier: 4, scopes: ["files:read"], needs: ["file"] },
};
