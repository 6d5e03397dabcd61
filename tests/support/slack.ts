/** A whole core with the real Slack desk on a fake Slack: what the Slack flows drive. */
import { onTestFinished } from "vitest";
import { createSlack, type Slack } from "../../src/bridge/slack/adapter.ts";
import { slackKind } from "../../src/bridge/slack/kind.ts";
import type { DeskTarget, DeskThreadId, InboxSettings } from "../../src/core/model/types.ts";
import type { CoreLimits } from "../../src/core/core.ts";
import type { Trouble } from "../../src/core/ports.ts";
import type { Store } from "../../src/core/store/store.ts";
import { readThreadId } from "../../src/bridge/slack/ids.ts";
import { FakeSlack, type FakeSlackOptions } from "../fakes/slack/server.ts";
import type { StoredMessage } from "../fakes/slack/types.ts";
import { buildTestCore, type TestClock } from "./core.ts";

export const soon = () => AbortSignal.timeout(5_000);

export interface StartSlackOptions {
  slack?: FakeSlackOptions; settings?: Partial<InboxSettings>; limits?: Partial<CoreLimits>; clock?: TestClock; store?: Store;
  /** HTTP instead of sockets. */
  http?: boolean;
  /** False leaves the desk unconnected: it only posts. */
  connect?: boolean;
  /** One that stands already. */
  fake?: FakeSlack;
  /** Further settings of the desk. */
  desk?: object;
}

/** The desk `kind` of a target that stands for the fake. */
export function targetOn(fake: FakeSlack, seal: (plain: string) => string, { http = false, id = "slack-target", channel = "#support", more = {} as object } = {}): DeskTarget {
  const settings = slackKind.settings.parse({ botToken: fake.botToken, apiUrl: fake.apiUrl, ...more, ...(http ? { signingSecret: fake.signingSecret, appId: fake.space.appId } : { appToken: fake.appToken }) });
  const { identity, config, secrets } = slackKind.read(settings);
  return { _id: id, name: "Slack", kind: "slack", identity, channel, config, secrets: Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, seal(value)])), createdAt: new Date(0) };
}

/** `help` is the test core's; its agents Mara (administrator) and Jonas are linked to people of the fake's `#support`. */
export async function startSlack(options: StartSlackOptions = {}) {
  const fake = options.fake ?? new FakeSlack(options.slack);
  if (options.fake === undefined) await fake.start();
  const { limits, settings, clock, store } = options;
  const ends: (() => Promise<void>)[] = [];
  const help = await buildTestCore({ ...(limits === undefined ? {} : { limits }), ...(settings === undefined ? {} : { settings }), ...(clock === undefined ? {} : { clock }), ...(store === undefined ? {} : { store }), atEnd: (end) => { ends.push(end); } });
  const target = targetOn(fake, (plain) => help.core.secrets.seal(plain), { http: options.http === true, ...(options.desk === undefined ? {} : { more: options.desk }) });
  await help.store.deskTargets.updateOne({ _id: target._id }, { $set: target }, { upsert: true });
  await help.store.inboxes.updateOne({ _id: help.inbox._id }, { $set: { deskTargetId: target._id } });

  const known = [...fake.space.channels.values()].find((channel) => channel.name === "support");
  const channel = known ?? fake.space.addChannel("support");
  const person = (name: string) => [...fake.space.users.values()].find((user) => user.realName === name) ?? fake.space.addUser(name.toLowerCase(), { realName: name, displayName: name });
  const mara = person("Mara");
  const jonas = person("Jonas");
  for (const user of [mara, jonas]) channel.members.add(user.id);
  await help.store.agents.updateOne({ _id: help.mara._id }, { $push: { links: { desk: "slack", userId: mara.id } } });
  await help.store.agents.updateOne({ _id: help.jonas._id }, { $push: { links: { desk: "slack", userId: jonas.id } } });

  const troubles: (Trouble | null)[] = [];
  const desks: Slack[] = [];
  /** As the process makes it at its start. */
  async function make(): Promise<Slack> {
    const made = createSlack(target, {
      core: help.core, publicUrl: null, trouble: (trouble) => { troubles.push(trouble); }, secret: (name) => { const sealed = target.secrets?.[name]; return sealed === undefined ? null : help.core.secrets.open(sealed); },
    });
    desks.push(made);
    help.core.desks.set("slack", made);
    if (options.connect === false) return made;
    await help.host.stream("slack", "down");
    made.start(help.host);
    if (options.http !== true) await fake.until(() => fake.sockets.count > 0, "a socket");
    return made;
  }
  const desk = await make();
  onTestFinished(async () => {
    for (const one of desks) await one.stop();
    for (const end of ends.toReversed()) await end();
    if (options.fake === undefined) await fake.stop();
  });

  return {
    fake, desk, target, help, channel, mara, jonas, troubles,
    /** The desk after a restart of the process: it remembers nothing. */
    async restart(): Promise<Slack> {
      await desks.at(-1)!.stop();
      return make();
    },
    /** The newest conversation's thread. */
    async thread(): Promise<DeskThreadId> { return (await help.conversation()).thread!.id; },
    /** What stands in a thread, its card left out. */
    posts(thread: DeskThreadId): StoredMessage[] {
      const { channel: id, ts } = readThreadId(thread);
      return fake.messagesIn(id, ts).filter((message) => message.ts !== ts);
    },
  };
}

/** What a person reads of a message: its rich text, else its text. */
export function shownText(message: Pick<StoredMessage, "text" | "blocks">): string {
  const parts = (message.blocks ?? []).filter((block) => block["type"] === "rich_text").flatMap((block) => block["elements"] as { elements: { text?: string; url?: string }[] }[]);
  if (parts.length === 0) return message.text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  return parts.flatMap((part) => part.elements).map((element) => element.text ?? element.url ?? "").join("");
}
