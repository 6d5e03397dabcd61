/** Posts of ours in Discord's threads: made once under their key, changed in place. */
import { DeskError } from "../../../core/errors.ts";
import type { DeskPostId, DeskThreadId, FileRef } from "../../../core/model/types.ts";
import type { Clock, DeskPost, FileStore, Posted } from "../../../core/ports.ts";
import { Recent } from "../../shared/recent.ts";
import type { CallOptions, DiscordApi, UploadedFile } from "../api.ts";
import { CODE, discordCode, postGone } from "../errors.ts";
import { isSnowflake, nonceOf, readThreadId, refOf, timeOf } from "../ids.ts";
import type { Me } from "../me.ts";
import { NOBODY, type Body } from "./card.ts";
import { createMostBytes, FILES_MS, groupFiles, loadFiles, missingFiles, roomFor, sortFiles, waitFor } from "./files.ts";
import { findParts, postMark, readMessage, type OwnMessage } from "./find.ts";
import { renderPost } from "./post-text.ts";
import type { Threads } from "./threads.ts";
import { isWebhookGone, pictureOf, usernameOf, webhookPath, type OwnWebhook, type Webhooks } from "./webhook.ts";

export interface PostsDeps { api: DiscordApi; guild: string; clock: Clock; me(): Promise<Me>; threads: Threads; webhooks: Webhooks; files: FileStore; customers: "bot" | "webhook" }
/** What is known of a message of ours without asking. */
interface Known { webhook: string | null; ref: string | null; content: string; attachments: OwnMessage["attachments"] }
interface Part { content: string; files: FileRef[] }

/** No previews of what a customer names; no sound for what nobody has to see now. Source: discord.com/developers/docs/resources/message#message-object-message-flags */
const NO_EMBEDS = 4, SILENT = 4_096;

export function createPosts({ api, guild, clock, me, threads, webhooks, files, customers }: PostsDeps) {
  const mostBytes = createMostBytes({ api, guild, clock });
  const done = new Recent<Posted>(5_000);
  const begun = new Recent<Map<number, string>>(1_000);
  const known = new Recent<Known>(5_000);
  const under = new Map<string, Promise<OwnMessage>>();
  const keyOf = (thread: DeskThreadId, key: string) => `${thread}|${key}`;

  function learn(thread: string, message: OwnMessage): OwnMessage {
    known.set(`${thread}|${message.id}`, { webhook: message.webhook_id ?? null, ref: postMark(message)?.ref ?? null, content: message.content, attachments: message.attachments });
    return message;
  }
  async function look(thread: string, id: string, signal: AbortSignal): Promise<Known> {
    if (!isSnowflake(id)) throw postGone();
    if (known.get(`${thread}|${id}`) === undefined) learn(thread, readMessage(await api.call("GET", `/channels/${thread}/messages/${id}`, { signal })));
    return known.get(`${thread}|${id}`)!;
  }

  /** A message with files goes on when its lane has to leave, and is waited for again under its key. */
  async function create(thread: string, body: Body, uploads: UploadedFile[], as: { key: string; hook: OwnWebhook | null; signal: AbortSignal }): Promise<OwnMessage> {
    const { key, hook, signal } = as;
    const how: CallOptions = uploads.length === 0 ? { signal, body } : { body, files: uploads, withinMs: FILES_MS };
    const send = async () => readMessage(await (hook === null ? api.call("POST", `/channels/${thread}/messages`, how)
      : api.call("POST", webhookPath(hook), { ...how, auth: false, query: { wait: true, thread_id: thread } })));
    if (uploads.length === 0) return send();
    const running = under.get(key) ?? send().finally(() => under.delete(key));
    under.set(key, running);
    return waitFor(running, signal);
  }

  /** One message of a post. Its nonce makes a repeat answer the one that is there, as it was then. */
  async function send(thread: string, post: DeskPost, part: Part & { n: number; key: string }, hook: OwnWebhook | null, signal: AbortSignal): Promise<OwnMessage> {
    const flags = NO_EMBEDS | (post.kind === "activity" || post.kind === "system" ? SILENT : 0);
    const uploads = await loadFiles(files, part.files);
    const body: Body = {
      content: part.content, flags, allowed_mentions: NOBODY, ...(uploads.length === 0 ? {} : { attachments: uploads.map(({ name }, id) => ({ id, filename: name })) }),
      ...(hook === null ? { nonce: nonceOf(thread, part.key, part.n), enforce_nonce: true } : { username: usernameOf(post.author.name), avatar_url: pictureOf(post.author) }),
    };
    const message = learn(thread, await create(thread, body, uploads, { key: `${thread}|${part.key}|${part.n}`, hook, signal }));
    if (hook === null && message.content !== part.content) await edit(thread, message.id, { content: part.content, allowed_mentions: NOBODY }, [], signal).catch(unlessGone);
    return message;
  }

  /** Null: the bot writes. */
  async function hookFor(thread: string, post: DeskPost, signal: AbortSignal): Promise<OwnWebhook | null> {
    if (post.kind !== "customer" || customers !== "webhook") return null;
    return webhooks.of((await threads.look(thread, signal)).home, signal);
  }

  async function edit(thread: string, id: string, body: Body, uploads: UploadedFile[], signal: AbortSignal): Promise<void> {
    const { webhook } = await look(thread, id, signal);
    const how: CallOptions = { body, ...(uploads.length === 0 ? { signal } : { files: uploads, withinMs: FILES_MS }) };
    const call = async () => {
      if (webhook === null) return api.call("PATCH", `/channels/${thread}/messages/${id}`, how);
      const hook = await webhooks.of((await threads.look(thread, signal)).home, signal);
      // made under a webhook that is gone: nobody can change it any more
      if (hook?.id !== webhook) throw postGone();
      return api.call("PATCH", webhookPath(hook, id), { ...how, auth: false, query: { thread_id: thread } });
    };
    const work = threads.within(thread, call, signal);
    learn(thread, readMessage(await (uploads.length === 0 ? work : waitFor(work, signal))));
  }

  async function takeAway(thread: string, id: string, signal: AbortSignal): Promise<void> {
    try {
      const { webhook } = await look(thread, id, signal);
      await threads.within(thread, async () => {
        const hook = webhook === null ? null : await webhooks.of((await threads.look(thread, signal)).home, signal);
        if (hook === null || hook.id !== webhook) return api.call("DELETE", `/channels/${thread}/messages/${id}`, { signal });
        return api.call("DELETE", webhookPath(hook, id), { signal, auth: false, query: { thread_id: thread } });
      }, signal);
    } catch (error) { unlessGone(error); }
  }

  function finish(thread: DeskThreadId, key: string, there: Map<number, string>): Posted {
    const ids = [...there].sort(([a], [b]) => a - b).map(([, id]) => id);
    const posted: Posted = { ids, at: timeOf(ids.at(-1)!) };
    done.set(keyOf(thread, key), posted);
    begun.delete(keyOf(thread, key));
    return posted;
  }

  return {
    /** What of it stands there already is not posted again. @throws {DeskError} uncertain once a part of it may stand there */
    async post(threadId: DeskThreadId, post: DeskPost, key: string, signal: AbortSignal): Promise<Posted> {
      const { thread } = readThreadId(threadId);
      const before = done.get(keyOf(threadId, key));
      if (before !== undefined) return before;
      const there = begun.get(keyOf(threadId, key)) ?? new Map<number, string>();
      try {
        const unlock = post.kind === "customer";
        await threads.open(thread, unlock, signal);
        const most = await mostBytes(post.files, signal);
        const make = async (first: OwnWebhook | null): Promise<void> => {
          let hook = first;
          for (const [n, part] of partsOf(post, refOf(key), hook !== null, most).entries()) {
            if (there.has(n)) continue;
            begun.set(keyOf(threadId, key), there);
            const one = (by: OwnWebhook | null) => threads.within(thread, () => send(thread, post, { ...part, n, key }, by, signal), signal, { stays: true, unlock });
            const message = await one(hook).catch(async (error: unknown) => {
              if (hook === null || !isWebhookGone(error)) throw error;
              webhooks.forget((await threads.look(thread, signal)).home);
              hook = await hookFor(thread, post, signal);
              return one(hook);
            });
            there.set(n, message.id);
          }
        };
        const hook = await hookFor(thread, post, signal);
        await make(hook).catch(async (error: unknown) => {
          // a name or picture that Discord does not take of a webhook: then the bot writes, with the name in the text
          if (hook === null || there.size > 0 || discordCode(error) !== CODE.badForm) throw error;
          return make(null);
        });
      } catch (error) {
        if (error instanceof DeskError && error.code === "THREAD_GONE") threads.gone(thread);
        if (!(error instanceof DeskError) || error.code === "THREAD_GONE" || error.o.refused === true || there.size === 0) throw error;
        throw new DeskError(error.code, error.message.replace(/^[A-Z_]+: /, ""), { ...error.o, certain: false });
      }
      return finish(threadId, key, there);
    },

    /** What stands under `key`; null when nothing does, or not all of it: then `post` goes on from there. @throws {DeskError} */
    async findPost(threadId: DeskThreadId, key: string, signal: AbortSignal): Promise<Posted | null> {
      const here = done.get(keyOf(threadId, key));
      if (here !== undefined) return here;
      const { thread } = readThreadId(threadId);
      const found = await findParts(api, await me(), thread, key, signal);
      if (found.there.size === 0) return null;
      for (const message of found.there.values()) learn(thread, message);
      const there = new Map([...found.there].map(([part, { id }]) => [part, id]));
      if (there.size >= found.parts) return finish(threadId, key, there);
      begun.set(keyOf(threadId, key), there);
      return null;
    },

    /** Later files are added to the last message, longer texts grow within their last message. @throws {DeskError} */
    async update(threadId: DeskThreadId, posts: DeskPostId[], post: DeskPost, signal: AbortSignal): Promise<void> {
      const { thread } = readThreadId(threadId);
      const there = await Promise.all(posts.map((id) => look(thread, id, signal)));
      const ref = there.find((one) => one.ref !== null)?.ref ?? refOf("unknown");
      const { taken, said } = sortFiles(post.files, await mostBytes(post.files, signal));
      const texts = renderPost({ ...post, marks: [...post.marks, ...said] }, { ref, named: there[0]!.webhook !== null, texts: posts.length });
      for (const [n, id] of posts.entries()) {
        const last = n === posts.length - 1;
        const has = there[n]!.attachments;
        const added = last && post.deleted !== true ? missingFiles(taken, there.flatMap((one) => one.attachments)).slice(0, roomFor(has.length)) : [];
        const gone = post.deleted === true && has.length > 0;
        if (texts[n] === there[n]!.content && added.length === 0 && !gone) continue;
        const uploads = await loadFiles(files, added);
        const attachments = gone ? [] : [...has.map(({ id: kept }) => ({ id: kept })), ...uploads.map(({ name }, at) => ({ id: at, filename: name }))];
        await edit(thread, id, { content: texts[n], allowed_mentions: NOBODY, ...(added.length > 0 || gone ? { attachments } : {}) }, uploads, signal);
      }
    },

    async remove(threadId: DeskThreadId, posts: DeskPostId[], signal: AbortSignal): Promise<void> {
      const { thread } = readThreadId(threadId);
      for (const id of posts) await takeAway(thread, id, signal);
    },
  };
}

/** The files stand at the last text; those of which Discord takes no more in one message follow. */
function partsOf(post: DeskPost, ref: string, named: boolean, most: number): Part[] {
  const { taken, said } = sortFiles(post.files, most);
  const groups = groupFiles(taken);
  const shown = { ...post, marks: [...post.marks, ...said] };
  const texts = renderPost(shown, { ref, named }).length;
  const all = renderPost(shown, { ref, named, texts: texts + Math.max(0, groups.length - 1) });
  return all.map((content, n) => ({ content, files: groups[n - texts + 1] ?? [] }));
}

function unlessGone(error: unknown): void {
  if (!(error instanceof DeskError) || error.code !== "POST_GONE") throw error;
}
