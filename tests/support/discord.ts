/** A whole core with the real Discord desk on a fake Discord: what the Discord flows drive. */
import { onTestFinished } from "vitest";
import { createDiscord, type Discord } from "../../src/bridge/discord/adapter.ts";
import { makeThreadId, readThreadId } from "../../src/bridge/discord/ids.ts";
import { discordKind } from "../../src/bridge/discord/kind.ts";
import type { CoreLimits } from "../../src/core/core.ts";
import type { DeskTarget, DeskThreadId, InboxSettings } from "../../src/core/model/types.ts";
import type { Trouble } from "../../src/core/ports.ts";
import type { Store } from "../../src/core/store/store.ts";
import { FakeDiscord, type FakeDiscordOptions } from "../fakes/discord/discord.ts";
import type { FakeChannel, FakeMember, FakeMessage } from "../fakes/discord/types.ts";
import { buildTestCore, type TestClock } from "./core.ts";

export { cardText, shownAuthor, shownText, soon } from "./discord-out.ts";

export interface StartDiscordOptions {
  discord?: FakeDiscordOptions; settings?: Partial<InboxSettings>; limits?: Partial<CoreLimits>; clock?: TestClock; store?: Store;
  /** What the desk's entry in the settings file says beside token and server. */
  desk?: Record<string, unknown>;
  /** A text channel with threads instead of a forum. */
  text?: boolean;
  /** False leaves the desk unconnected: it only posts. */
  connect?: boolean;
  /** A Discord that is there already, with its #support. */
  fake?: FakeDiscord;
}

/** The desk target in the fake's guild. */
export function targetOn(fake: FakeDiscord, seal: (plain: string) => string, more: Record<string, unknown> = {}, { id = "discord-target", channel = "#support" } = {}): DeskTarget {
  const { identity, config, secrets } = discordKind.read(discordKind.settings.parse({ botToken: fake.token, guild: fake.guildId, apiUrl: fake.restUrl, ...more }));
  return { _id: id, name: "Discord", kind: "discord", identity, channel, config, secrets: Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, seal(value)])), createdAt: new Date(0) };
}

/** `help` is the test core's; its agents Mara (administrator) and Jonas are linked to members of the fake's guild. */
export async function startDiscord(options: StartDiscordOptions = {}) {
  const fake = options.fake ?? (await FakeDiscord.start(options.discord));
  const { limits, settings, clock, store } = options;
  const ends: (() => Promise<void>)[] = [];
  const help = await buildTestCore({ ...(limits === undefined ? {} : { limits }), ...(settings === undefined ? {} : { settings }), ...(clock === undefined ? {} : { clock }), ...(store === undefined ? {} : { store }), atEnd: (end) => { ends.push(end); } });
  const target = targetOn(fake, (plain) => help.core.secrets.seal(plain), options.desk);
  await help.store.deskTargets.updateOne({ _id: target._id }, { $set: target }, { upsert: true });
  await help.store.inboxes.updateOne({ _id: help.inbox._id }, { $set: { deskTargetId: target._id } });

  const home: FakeChannel = [...fake.channels.values()].find((channel) => channel.name === "support") ?? (options.text === true ? fake.addTextChannel("support") : fake.addForum("support"));
  const person = (name: string): FakeMember => [...fake.members.values()].find((member) => member.user.globalName === name) ?? fake.addMember(name);
  const mara = person("Mara");
  const jonas = person("Jonas");
  for (const [agent, member] of [[help.mara, mara], [help.jonas, jonas]] as const) {
    await help.store.agents.updateOne({ _id: agent._id, "links.desk": { $ne: "discord" } }, { $push: { links: { desk: "discord", userId: member.user.id } } });
  }

  const troubles: (Trouble | null)[] = [];
  /** The same desk in another process, or after a restart: it remembers nothing. */
  const again = (): Discord => createDiscord(target, {
    core: help.core, publicUrl: null, trouble: (trouble) => { troubles.push(trouble); }, secret: (name) => { const sealed = target.secrets?.[name]; return sealed === undefined ? null : help.core.secrets.open(sealed); },
  });
  const desk = again();
  help.core.desks.set("discord", desk);
  if (options.connect !== false) {
    await help.host.stream("discord", "down");
    desk.start(help.host);
    await fake.until(() => fake.gateway.connected > 0, "a session on the gateway", 40_000);
  }
  onTestFinished(async () => {
    await desk.stop();
    for (const end of ends.toReversed()) await end();
    if (options.fake === undefined) await fake.stop();
  });

  return {
    fake, desk, target, help, home, mara, jonas, troubles, again,
    /** The newest conversation's thread. */
    async thread(): Promise<DeskThreadId> { return (await help.conversation()).thread!.id; },
    channelOf: (thread: DeskThreadId): FakeChannel => fake.channel(readThreadId(thread).thread),
    idOf: (channel: FakeChannel): DeskThreadId => makeThreadId(fake.guildId, channel.id),
    /** The card: a forum's post begins with it, a text channel's thread hangs on it; both bear the thread's id. */
    cardOf: (thread: DeskThreadId): FakeMessage => fake.messageOf(readThreadId(thread).thread),
    /** What stands in a thread, its card and Discord's own lines left out. */
    posts: (thread: DeskThreadId): FakeMessage[] => fake.messagesIn(readThreadId(thread).thread).filter(({ id, type }) => id !== readThreadId(thread).thread && (type === 0 || type === 19)),
  };
}
