/** People's acts in the fake Discord, handed straight to the acts of a whole core: no gateway between them. */
import { onTestFinished } from "vitest";
import { createActs } from "../../src/bridge/discord/acts/acts.ts";
import { showMark } from "../../src/bridge/discord/acts/marks.ts";
import { createNotices } from "../../src/bridge/discord/acts/notices.ts";
import { createDiscordApi } from "../../src/bridge/discord/api.ts";
import { makeThreadId, readThreadId, timeOf } from "../../src/bridge/discord/ids.ts";
import { fetchDiscordFile } from "../../src/bridge/discord/in/files.ts";
import { readContent } from "../../src/bridge/discord/in/text.ts";
import type { DeskTarget, DeskThreadId, InboxSettings } from "../../src/core/model/types.ts";
import type { Card, DeskHost } from "../../src/core/ports.ts";
import { FakeDesk } from "../fakes/fake-desk.ts";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import type { FakeChannel, FakeMember, FakeMessage, Json } from "../fakes/discord/types.ts";
import { buildTestCore } from "./core.ts";

/** Opens its threads in the fake Discord's forum, and keeps what is posted there in memory. */
class ForumDesk extends FakeDesk {
  showMark: ReturnType<typeof showMark> = async () => undefined;
  constructor(private readonly fake: FakeDiscord, private readonly forum: FakeChannel) { super("discord"); }
  override async openThread(target: DeskTarget, card: Card, key: string, signal: AbortSignal): Promise<DeskThreadId> {
    const made = await super.openThread(target, card, key, signal);
    const thread = this.threads.get(made)!;
    const { thread: { id } } = this.fake.memberStartsThread(this.forum, this.fake.ownerId, `#${card.number}`, "card");
    this.threads.delete(made);
    thread.id = makeThreadId(this.fake.guildId, id);
    this.threads.set(thread.id, thread);
    return thread.id;
  }
}

export interface DiscordActsOptions {
  settings?: Partial<InboxSettings>; ackMs?: number;
  /** Acts begin once this is resolved. */
  slow?: Promise<void>;
  toldMs?: number;
  /** The desk hears nothing of what is written: only acts say it. */
  deaf?: boolean;
}

/** Mara and Jonas are linked agents in the guild; Sam is nobody's. */
export async function startDiscordActs({ settings, ackMs = 12_000, slow, toldMs, deaf = false }: DiscordActsOptions = {}) {
  const fake = await FakeDiscord.start();
  // A busy machine is no late desk: both have patience, unless a test says otherwise.
  fake.ackWindowMs = 15_000;
  onTestFinished(() => fake.stop());
  const forum = fake.addForum("support");
  const desk = new ForumDesk(fake, forum);
  const help = await buildTestCore({ desk, ...(settings === undefined ? {} : { settings }) });
  const { core, store } = help;
  core.desks.set("discord", desk);
  await store.deskTargets.updateOne({ _id: help.inbox.deskTargetId }, { $set: { kind: "discord", identity: fake.guildId, channel: forum.id } });
  const [mara, jonas, sam] = ["Mara", "Jonas", "Sam"].map((name) => fake.addMember(name)) as [FakeMember, FakeMember, FakeMember];
  for (const [agent, member] of [[help.mara, mara], [help.jonas, jonas]] as const) await store.agents.updateOne({ _id: agent._id }, { $push: { links: { desk: "discord", userId: member.user.id } } });

  const api = createDiscordApi({ token: fake.token, apiUrl: fake.restUrl, rateLimits: false });
  desk.showMark = showMark(api);
  const notices = createNotices({ core, api, ...(toldMs === undefined ? {} : { toldMs }) });
  const host: DeskHost = { ...help.host, act: async (act) => { await slow; return help.host.act(act); } };
  const lineOf = (message: { id: string; channel_id?: string; content?: string; author?: { id: string } }, mentions = 0) => ({
    id: `${message.id}:new`, thread: makeThreadId(fake.guildId, message.channel_id ?? ""), at: timeOf(message.id),
    data: { type: "message" as const, postId: message.id, userId: message.author?.id ?? "", userName: "someone", userKind: "person" as const, text: message.content ?? "", mentions, files: [] },
  });
  const acts = createActs({
    core, host, api, notices, guild: fake.guildId, fetchFile: (file) => fetchDiscordFile({ api, files: core.files, clock: core.clock }, file, AbortSignal.timeout(10_000)), link: async (userId) => `Linked ${userId}.`, ackMs,
    read: async (text) => { const read = readContent(text, { user: (id) => fake.members.get(id)?.user.username ?? null, role: () => null, channel: () => null }); return { text: read.text, mentions: read.notified.size }; },
    ...(deaf ? { takeIn: async (message: unknown) => { await help.host.accept("discord", [lineOf(message as Parameters<typeof lineOf>[0])]); } } : {}),
  });
  onTestFinished(async () => { await acts.stop(); await notices.stop(); });
  fake.emit = (event, data) => { if (event === "INTERACTION_CREATE") void acts.interaction(JSON.parse(JSON.stringify(data))); };
  await acts.register(fake.bot.id);

  return {
    ...help, fake, api, acts, notices, forum, desk, people: { mara, jonas, sam },
    /** The newest conversation's thread, as a channel of Discord's. */
    thread: async (): Promise<FakeChannel> => fake.channel(readThreadId((await help.conversation()).thread!.id).thread),
    /** A customer's line, mirrored. */
    async opened(text = "Where is my order?"): Promise<FakeChannel> {
      await help.write(text);
      await help.settle();
      return fake.channel(readThreadId((await help.conversation()).thread!.id).thread);
    },
    /** A line of a member in the thread, as the bridge takes it in (unless the desk is deaf). */
    async line(thread: FakeChannel, member: FakeMember, text: string, mentions = 0): Promise<FakeMessage> {
      const message = fake.memberPosts(thread, member, text);
      if (deaf) return message;
      await help.host.accept("discord", [lineOf({ id: message.id, channel_id: thread.id, content: text, author: { id: member.user.id } }, mentions)]);
      await help.settle();
      return message;
    },
    reactionsOn: (message: FakeMessage): string[] => [...message.reactions.keys()],
  };
}

/** The `custom_id` of the component that bears this label, or of the first select. @throws Error when there is none */
export function componentNamed(message: FakeMessage | null, label: string | RegExp): string {
  const all = (message?.components ?? []).flatMap((row) => (Array.isArray(row.components) ? (row.components as Json[]) : []));
  const found = all.find((one) => (typeof label === "string" ? one.label === label : label.test(String(one.placeholder ?? one.label))));
  if (found === undefined) throw new Error(`There is no component ${String(label)} in ${JSON.stringify(message?.components)}`);
  return String(found.custom_id);
}
