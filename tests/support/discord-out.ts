/** The way out to a fake Discord alone: nothing listens. */
import { onTestFinished } from "vitest";
import { createDiscordApi } from "../../src/bridge/discord/api.ts";
import { makeThreadId, readThreadId } from "../../src/bridge/discord/ids.ts";
import { createMe } from "../../src/bridge/discord/me.ts";
import { createOutgoing, type Outgoing } from "../../src/bridge/discord/out/outgoing.ts";
import type { DeskThreadId, FileRef } from "../../src/core/model/types.ts";
import type { DeskPost } from "../../src/core/ports.ts";
import { sampleCard } from "../contracts/desk-contract.ts";
import { FakeDiscord, type FakeDiscordOptions } from "../fakes/discord/discord.ts";
import type { FakeChannel, FakeMessage, Json } from "../fakes/discord/types.ts";
import { memoryFiles } from "../fakes/memory-files.ts";
import { TestClock } from "./core.ts";

export const soon = (): AbortSignal => AbortSignal.timeout(5_000);
export const line = (text: string, more: Partial<DeskPost> = {}): DeskPost => ({ kind: "customer", author: { name: "Ana · Telegram" }, text, files: [], marks: [], ...more });

/** What a person reads: without the name above it and the small print below, every sign as it is shown. */
export const shownText = ({ content }: Pick<FakeMessage, "content">): string => unescaped(content.split("\n").filter((part, at) => !part.startsWith("-# ") && !(at === 0 && /^\*\*.*\*\*$/.test(part))).join("\n"));
export const unescaped = (content: string): string => content.replace(/<(https?:\/\/[^>\s]+)>|\\([^0-9A-Za-z\s])/g, (_whole, url: string | undefined, sign: string | undefined) => url ?? sign ?? "");
/** Who it is from: its webhook's name, else the name above it. */
export const shownAuthor = (message: FakeMessage): string => (message.webhook !== null ? message.author.username : unescaped(/^\*\*(.*)\*\*(?:\n|$)/.exec(message.content)?.[1] ?? message.author.username));
/** All text of a message of components, in order. */
export const cardText = (components: Json[]): string => components.flatMap((one) => [...(typeof one["content"] === "string" ? [one["content"]] : []), ...(Array.isArray(one["components"]) ? [cardText(one["components"] as Json[])] : [])]).join("\n");

export interface StartOut { discord?: FakeDiscordOptions; customers?: "bot" | "webhook"; text?: boolean; tags?: string[] }
export async function startOut({ discord, customers = "bot", text = false, tags = [] }: StartOut = {}) {
  const fake = await FakeDiscord.start(discord);
  onTestFinished(() => fake.stop());
  const home: FakeChannel = text ? fake.addTextChannel("support") : fake.addForum("support", tags);
  const clock = new TestClock();
  const files = memoryFiles();
  const said: (string | null)[] = [];
  const make = (as = customers): Outgoing => {
    const api = createDiscordApi({ token: fake.token, apiUrl: fake.restUrl, rateLimits: false });
    return createOutgoing({ api, guild: fake.guildId, me: createMe(api), clock, files, customers: as, tellRoom: (words) => { said.push(words); } });
  };
  const out = make();
  const open = (card = sampleCard(), key = "c1:0", from = out) => from.openThread("#support", card, key, soon(), false);
  return {
    fake, home, clock, files, said, out, open,
    /** The same desk after a restart: it remembers nothing. */
    again: make,
    thread: await open(),
    channelOf: (thread: DeskThreadId): FakeChannel => fake.channel(readThreadId(thread).thread),
    cardOf: (thread: DeskThreadId): FakeMessage => fake.messageOf(readThreadId(thread).thread),
    /** What stands in a thread, its card and Discord's own lines left out. */
    posts: (thread: DeskThreadId): FakeMessage[] => fake.messagesIn(readThreadId(thread).thread).filter(({ id, type }) => id !== readThreadId(thread).thread && (type === 0 || type === 19)),
    idOf: (channel: FakeChannel): DeskThreadId => makeThreadId(fake.guildId, channel.id),
    async file(name: string, content: string | Buffer): Promise<FileRef> { return files.put({ name, type: "text/plain", owner: "test" }, Buffer.from(content), 50_000_000); },
  };
}
