/** Threads and posts of ours on Slack: made once under their key, changed in place, and never under a card that is gone. */
import { DeskError } from "../../../core/errors.ts";
import type { DeskPostId, DeskThreadId } from "../../../core/model/types.ts";
import type { Card, DeskPost, FileStore, Posted } from "../../../core/ports.ts";
import type { SlackApi } from "../api.ts";
import { AS_IT_STANDS, fileBlocks, identityOf, renderCard, renderPost, UPDATE_AS_IT_STANDS, type Rendered } from "./blocks.ts";
import type { Channels } from "./channels.ts";
import { CHANNEL_CODES, postGone, slackCode, threadGone } from "../errors.ts";
import { createShareFiles } from "./files.ts";
import { findCard, findParts, isOurs, markOf, readCard, readThread } from "./find.ts";
import { isTs, makeThreadId, METADATA_TYPE, readThreadId, timeOfTs, type Mark, type SlackThread } from "../ids.ts";
import { Recent } from "../../shared/recent.ts";
import type { TeamOf } from "../me.ts";

export interface PostsDeps { api: SlackApi; team: TeamOf; channels: Channels; files: FileStore }
interface Sent { ts: string; message?: { thread_ts?: string; parent_user_id?: string } }
/** What of a post stands in its thread already, by part. */
interface Begun { texts: Map<number, string>; files: string | null }

const CUSTOMIZE = "chat:write.customize";
/** Author of what is left of a deleted message that has replies. */
const TOMBSTONE_USER = "USLACKBOT";

export function createPosts({ api, team, channels, files }: PostsDeps) {
  const opened = new Recent<DeskThreadId>(2_000);
  const done = new Recent<Posted>(5_000);
  const begun = new Recent<Begun>(1_000);
  const marks = new Recent<Mark>(5_000);
  const cards = new Recent<{ collapsed: boolean }>(5_000);
  const shareFiles = createShareFiles({ api, files });
  const keyOf = (thread: DeskThreadId, key: string) => `${thread}|${key}`;
  const label = () => !api.has(CUSTOMIZE);

  /** A channel that took nothing is looked at anew next time. */
  const forgetting = (channel: string) => (error: unknown): never => {
    const code = slackCode(error);
    if (code !== undefined && CHANNEL_CODES.has(code)) channels.forget(channel);
    throw error;
  };

  async function send(place: SlackThread, rendered: Rendered, more: Record<string, unknown>, signal: AbortSignal): Promise<string> {
    const sent = await api.call<Sent>("chat.postMessage", { channel: place.channel, thread_ts: place.ts, ...rendered, ...AS_IT_STANDS, ...more }, { signal, channel: place.channel }).catch(forgetting(place.channel));
    // Slack posts into the channel, unsaid, when the card is gone (github.com/slack-go/slack/issues/1571)
    if (sent.message === undefined || (sent.message.thread_ts === place.ts && sent.message.parent_user_id !== TOMBSTONE_USER)) return sent.ts;
    await api.call("chat.delete", { channel: place.channel, ts: sent.ts }, { signal });
    throw threadGone();
  }

  /** Files of one post; what Slack can't take is said in their place. */
  async function sendFiles(place: SlackThread, post: DeskPost, key: string, signal: AbortSignal): Promise<string> {
    const identity = label() ? undefined : identityOf(post);
    try {
      const share = await shareFiles(place, { files: post.files, blocks: fileBlocks(post, key, label()), identity }, signal);
      if (share.thread_ts === place.ts) return share.ts;
      await api.call("chat.delete", { channel: place.channel, ts: share.ts }, { signal });
      throw threadGone();
    } catch (error) {
      // what the app may not do now it does not wait for: the words say which scope is lacking
      if (!(error instanceof DeskError) || (error.code !== "REFUSED" && slackCode(error) !== "missing_scope")) throw error;
      const names = post.files.map((file) => file.name).join(", ");
      const instead = fileBlocks({ ...post, text: "" }, key, label());
      const [note] = renderPost({ kind: "system", author: post.author, text: `Not shown here: ${names}. ${error.message.replace(/^[A-Z_]+: /, "")}`, files: [], marks: [] }, key, false);
      return send(place, { text: note!.text, blocks: [{ ...note!.blocks[0]!, block_id: instead[0]!["block_id"] }] }, { ...identity }, signal);
    }
  }

  /** Marks of these posts, remembered or read. */
  async function marksOf(thread: DeskThreadId, posts: DeskPostId[], signal: AbortSignal): Promise<Map<DeskPostId, Mark | null>> {
    const known = new Map<DeskPostId, Mark | null>(posts.map((id) => [id, marks.get(keyOf(thread, id)) ?? null]));
    if ([...known.values()].every((mark) => mark !== null)) return known;
    const oldest = [...posts].sort()[0]!;
    const { botId } = await team.load();
    for (const message of await readThread(api, readThreadId(thread), signal, oldest)) {
      const mark = isOurs(message, botId) ? markOf(message) : null;
      if (mark === null || (!known.has(message.ts) && mark.kind !== "files")) continue;
      known.set(message.ts, mark);
      marks.set(keyOf(thread, message.ts), mark);
    }
    return known;
  }

  return {
    /** `mayExist`: an earlier call may have posted the card, so it is looked for. @throws {DeskError} */
    async openThread(reference: string, card: Card, key: string, signal: AbortSignal, mayExist: boolean): Promise<DeskThreadId> {
      const here = opened.get(key);
      if (here !== undefined) return here;
      const ours = await team.load();
      const channel = await channels.resolve(reference, signal);
      let thread = mayExist ? await findCard(api, ours, channel, key, signal) : null;
      if (thread === null) {
        const metadata = { event_type: METADATA_TYPE, event_payload: { key, conversation: card.conversationId } };
        const { ts } = await api.call<Sent>("chat.postMessage", { channel, ...renderCard(card, key), ...AS_IT_STANDS, metadata }, { signal, channel }).catch(forgetting(channel));
        thread = makeThreadId(ours.teamId, channel, ts);
      }
      opened.set(key, thread);
      cards.set(thread, { collapsed: card.collapsed });
      return thread;
    },

    async updateCard(thread: DeskThreadId, card: Card, signal: AbortSignal): Promise<void> {
      const { channel, ts } = readThreadId(thread);
      await api.call("chat.update", { channel, ts, ...renderCard(card, "shown"), ...UPDATE_AS_IT_STANDS }, { signal, priority: "background" })
        .catch((error: unknown) => { throw error instanceof DeskError && error.code === "POST_GONE" ? threadGone(error.o.cause) : error; });
      cards.set(thread, { collapsed: card.collapsed });
    },

    /** What of it stands there already is not posted again. @throws {DeskError} uncertain once a part of it may stand there */
    async post(thread: DeskThreadId, post: DeskPost, key: string, signal: AbortSignal): Promise<Posted> {
      const place = readThreadId(thread);
      const before = done.get(keyOf(thread, key));
      if (before !== undefined) return before;
      const there: Begun = begun.get(keyOf(thread, key)) ?? { texts: new Map(), files: null };
      // a customer who writes after it was resolved is surfaced in the channel
      const surfaced = post.kind === "customer" && (await isCollapsed(thread, signal));
      const identity = label() ? undefined : identityOf(post);
      const onlyFiles = post.files.length > 0 && post.text === "" && post.marks.length === 0 && post.deleted !== true;
      const count = onlyFiles ? 0 : renderPost(post, key, label()).length;
      const parts = count + (post.files.length > 0 ? 1 : 0);
      try {
        for (const [part, rendered] of (onlyFiles ? [] : renderPost(post, key, label(), { parts })).entries()) {
          if (there.texts.has(part)) continue;
          const metadata = { event_type: METADATA_TYPE, event_payload: { key, part, parts } };
          const ts = await send(place, rendered, { ...identity, metadata, ...(surfaced && part === 0 ? { reply_broadcast: true } : {}) }, signal);
          there.texts.set(part, ts);
          begun.set(keyOf(thread, key), there);
          marks.set(keyOf(thread, ts), { kind: "post", key, part, parts });
        }
        if (post.files.length > 0 && there.files === null) {
          there.files = await sendFiles(place, post, key, signal);
          marks.set(keyOf(thread, there.files), { kind: "files", key });
        }
      } catch (error) {
        if (!(error instanceof DeskError) || error.code === "THREAD_GONE" || error.o.refused === true || (there.texts.size === 0 && there.files === null)) throw error;
        throw new DeskError(error.code, error.message.replace(/^[A-Z_]+: /, ""), { ...error.o, certain: false });
      }
      return finish(thread, key, there);
    },

    /** What stands under `key`; null when nothing does, or not all of it: then `post` goes on from there. @throws {DeskError} */
    async findPost(thread: DeskThreadId, key: string, signal: AbortSignal): Promise<Posted | null> {
      const here = done.get(keyOf(thread, key));
      if (here !== undefined) return here;
      const { botId } = await team.load();
      const found = await findParts(api, botId, readThreadId(thread), key, signal);
      if (found.texts.size === 0 && found.files === null) return null;
      begun.set(keyOf(thread, key), found);
      return found.whole ? finish(thread, key, found) : null;
    },

    /** Later files are added, longer texts grow within their last message. @throws {DeskError} */
    async update(thread: DeskThreadId, posts: DeskPostId[], post: DeskPost, signal: AbortSignal): Promise<void> {
      const place = readThreadId(thread);
      if (!posts.every(isTs)) throw postGone();
      const known = await marksOf(thread, posts, signal);
      const fileIds = [...known].filter(([, mark]) => mark?.kind === "files").map(([id]) => id);
      const texts = posts.filter((id) => !fileIds.includes(id));
      const key = [...known.values()].find((mark) => mark !== null)?.key;
      if (texts.length > 0) {
        const first = known.get(texts[0]!);
        const rendered = renderPost(post, key ?? "unknown", label(), { texts: texts.length, parts: first?.kind === "post" ? first.parts : texts.length });
        for (const [n, ts] of texts.entries()) await api.call("chat.update", { channel: place.channel, ts, ...rendered[n]!, ...UPDATE_AS_IT_STANDS }, { signal });
      }
      if (post.deleted === true) {
        for (const ts of fileIds) await takeAway(place, ts, signal);
        return;
      }
      if (post.files.length === 0 || fileIds.length > 0 || key === undefined) return;
      const ts = await sendFiles(place, post, key, signal);
      marks.set(keyOf(thread, ts), { kind: "files", key });
    },

    async remove(thread: DeskThreadId, posts: DeskPostId[], signal: AbortSignal): Promise<void> {
      const place = readThreadId(thread);
      for (const ts of posts) await takeAway(place, ts, signal);
    },
  };

  /** Whether the card says that the conversation is resolved; a wish, so what is not remembered is looked up only when Slack's limits leave room. */
  async function isCollapsed(thread: DeskThreadId, signal: AbortSignal): Promise<boolean> {
    const known = cards.get(thread);
    if (known !== undefined || !api.spare("conversations.replies")) return known?.collapsed === true;
    try {
      const card = await readCard(api, readThreadId(thread), signal);
      const mark = card === null ? null : markOf(card);
      const collapsed = mark?.kind === "card" && mark.collapsed;
      cards.set(thread, { collapsed });
      return collapsed;
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
      return false;
    }
  }

  async function takeAway(place: SlackThread, ts: string, signal: AbortSignal): Promise<void> {
    try {
      await api.call("chat.delete", { channel: place.channel, ts }, { signal });
    } catch (error) {
      if (!(error instanceof DeskError) || error.code !== "POST_GONE") throw error;
    }
  }

  function finish(thread: DeskThreadId, key: string, { texts, files: shared }: Begun): Posted {
    const ids = [...[...texts].sort(([a], [b]) => a - b).map(([, ts]) => ts), ...(shared === null ? [] : [shared])];
    const posted: Posted = { ids, at: timeOfTs(ids.at(-1)!) };
    done.set(keyOf(thread, key), posted);
    begun.delete(keyOf(thread, key));
    return posted;
  }
}
