/** Our own posts and cards, found again by what we wrote into them: settles what a crash or a lost answer left open. */
import { z } from "zod";
import { DeskError } from "../../../core/errors.ts";
import type { DiscordApi } from "../api.ts";
import { readCustomId } from "../acts/buttons.ts";
import { readMark, refOf, type Mark } from "../ids.ts";
import type { Me } from "../me.ts";
import type { Home } from "./channels.ts";
import type { Threads, ThreadState } from "./threads.ts";

interface Component { custom_id?: string | undefined; content?: string | undefined; components?: Component[] | undefined }
const Component: z.ZodType<Component> = z.lazy(() => z.looseObject({ custom_id: z.string().optional(), content: z.string().optional(), components: z.array(Component).optional() }));
/** Only what is read of a message of ours. Source: discord.com/developers/docs/resources/message#message-object */
const Message = z.object({
  id: z.string(), content: z.string().default(""), author: z.object({ id: z.string() }), webhook_id: z.string().optional(), application_id: z.string().optional(),
  attachments: z.array(z.object({ id: z.string(), filename: z.string(), size: z.number() })).default([]), components: z.array(Component).catch([]), flags: z.number().default(0),
  thread: z.object({ id: z.string() }).optional().catch(undefined),
});
export type OwnMessage = z.infer<typeof Message>;
export const readMessage = (message: unknown): OwnMessage => Message.parse(message);

const Listed = z.object({ threads: z.array(z.unknown()) });
/** Messages of one page, and pages looked through, newest first. */
const PAGE = 100, PAGES = 5;

export const isOurs = (message: OwnMessage, us: Me): boolean => message.author.id === us.userId || (message.webhook_id !== undefined && message.application_id === us.applicationId);
const flat = (components: Component[]): Component[] => components.flatMap((one) => [one, ...flat(one.components ?? [])]);

/** What a card says about itself; null when it is none. */
export function cardMark(message: OwnMessage): { conversation: string; ref: string | null } | null {
  const all = flat(message.components);
  for (const { custom_id: id } of all) {
    const conversation = id === undefined ? undefined : readCustomId(id)?.conversation;
    if (conversation !== undefined) return { conversation, ref: all.map(({ content }) => readMark(content ?? "")?.ref).find((ref) => ref !== undefined) ?? null };
  }
  return null;
}
export const postMark = (message: OwnMessage): Mark | null => readMark(message.content);

/** Where a thread's card is: a forum's post begins with it, a text channel's thread hangs on it. */
export const placeOfCard = (thread: ThreadState, home: Home): string => (home.kind === "forum" ? thread.id : home.id);

/** The card of a thread; null when it is gone. @throws {DeskError} */
export async function readCard(api: DiscordApi, thread: ThreadState, home: Home, signal: AbortSignal): Promise<OwnMessage | null> {
  try {
    return readMessage(await api.call("GET", `/channels/${placeOfCard(thread, home)}/messages/${thread.id}`, { signal }));
  } catch (error) {
    if (error instanceof DeskError && error.code === "POST_GONE") return null;
    throw error;
  }
}

async function* pages(api: DiscordApi, channel: string, signal: AbortSignal, home = false): AsyncGenerator<OwnMessage[]> {
  let before: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const messages = z.array(Message).parse(await api.call("GET", `/channels/${channel}/messages`, { signal, home, query: { limit: PAGE, ...(before === undefined ? {} : { before }) } }));
    yield messages;
    before = messages.at(-1)?.id;
    if (messages.length < PAGE || before === undefined) return;
  }
}

/** The thread whose card was posted under `key`; null when there is none. @throws {DeskError} */
export async function findThread({ api, threads, us }: { api: DiscordApi; threads: Threads; us: Me }, guild: string, home: Home, about: { number: number; key: string }, signal: AbortSignal): Promise<{ thread: string | null; card: string } | null> {
  const ref = refOf(about.key);
  const fits = (message: OwnMessage | null) => message !== null && isOurs(message, us) && cardMark(message)?.ref === ref;
  if (home.kind === "text") {
    for await (const messages of pages(api, home.id, signal, true)) {
      const card = messages.find(fits);
      if (card !== undefined) return { thread: card.thread?.id ?? null, card: card.id };
    }
    return null;
  }
  const active = Listed.parse(await api.call("GET", `/guilds/${guild}/threads/active`, { signal }));
  const archived = Listed.parse(await api.call("GET", `/channels/${home.id}/threads/archived/public`, { signal, home: true, query: { limit: PAGE } }));
  for (const one of [...active.threads, ...archived.threads]) {
    const thread = threads.saw(one);
    if (thread === null || thread.home !== home.id || !thread.name.startsWith(`#${about.number} `)) continue;
    if (fits(await readCard(api, thread, home, signal))) return { thread: thread.id, card: thread.id };
  }
  return null;
}

/** What stands in a thread under `key`, by part, and of how many. @throws {DeskError} */
export async function findParts(api: DiscordApi, us: Me, thread: string, key: string, signal: AbortSignal): Promise<{ there: Map<number, OwnMessage>; parts: number }> {
  const ref = refOf(key);
  const there = new Map<number, OwnMessage>();
  let parts = 1;
  for await (const messages of pages(api, thread, signal)) {
    for (const message of messages) {
      const mark = isOurs(message, us) ? postMark(message) : null;
      if (mark === null || mark.ref !== ref) continue;
      parts = mark.parts;
      // the older of two that bear the same
      there.set(mark.part, message);
    }
    if (there.size >= parts) break;
  }
  return { there, parts };
}
