/** The application under test: the rooms as `src/main.ts` composes them. Arguments: data folder, API root, "count", "plain" or "unscheduled" (due work waits until it is asked for), and where the desk is as JSON, or nothing for a desk in this process. */
import type { AddressInfo } from "node:net";
import { assemble } from "../../src/assemble.ts";
import { createScheduler } from "../../src/automation/scheduler.ts";
import { cardOf } from "../../src/bridge/card.ts";
import { discordKind } from "../../src/bridge/discord/kind.ts";
import { slackKind } from "../../src/bridge/slack/kind.ts";
import { telegramKind } from "../../src/channels/telegram/kind.ts";
import { hookRoutes } from "../../src/channels/webhooks.ts";
import { newId } from "../../src/core/model/ids.ts";
import type { DeskTarget, DeskThreadId, Inbox } from "../../src/core/model/types.ts";
import { receiveEvent } from "../../src/core/services/receive-inbound.ts";
import { createSecrets } from "../../src/core/services/secrets.ts";
import { openStore } from "../../src/core/store/store.ts";
import { createFileStore } from "../../src/files/store.ts";
import { createLog } from "../../src/log.ts";
import { connectMongo } from "../../src/mongo/connect.ts";
import { buildServer } from "../../src/server.ts";
import { addCrowd, beginCampaign, countRecipients } from "./campaign-app.ts";
import { countCommands } from "./commands.ts";
import { BenchDesk } from "./desk.ts";
import { AGENT, FIRST_CHAT, listen, Reporter, tell, TOKEN, type Ask, type VendorPlace } from "./wire.ts";

const [dataDir = "", apiRoot = "", mode = "plain", where = ""] = process.argv.slice(2);
const place = where === "" ? null : (JSON.parse(where) as VendorPlace);
const deskSettings = place === null ? null
  : place.desk === "slack" ? slackKind.read(slackKind.settings.parse(place.settings)) : discordKind.read(discordKind.settings.parse(place.settings));
const clock = { now: () => new Date() };
const log = createLog("warn");
const mongo = await connectMongo({ dataDir });
const store = await openStore(mode === "count" ? `${mongo.uri}?monitorCommands=true` : mongo.uri);
await store.ensureIndexes();
const counter = countCommands(store);
const secrets = createSecrets("the bench's own key");
const files = createFileStore(store.db, clock);

const targetOf = (_id: string, createdAt: Date): DeskTarget => deskSettings === null
  ? { _id, name: "Desk", kind: "fake", identity: "fake", channel: "support", createdAt }
  : { _id, name: "Desk", kind: place!.desk, identity: deskSettings.identity, channel: place!.channel, config: deskSettings.config, createdAt };

async function prepare(): Promise<Inbox> {
  const known = await store.inboxes.findOne({ channel: "telegram" });
  if (known !== null) return known;
  const at = clock.now();
  const deskTargetId = newId(at);
  const { identity, config } = telegramKind.read(telegramKind.settings.parse({ token: TOKEN, apiRoot, webhook: true }));
  const made: Inbox = {
    _id: newId(at), name: "Bot", channel: "telegram", identity, enabled: true, config, secrets: {}, deskTargetId, createdAt: at,
    settings: { undoSeconds: 0, doubleReplySeconds: 0, noteFirst: false, reopenHours: 48, takeOnReply: true },
  };
  await store.deskTargets.insertOne(targetOf(deskTargetId, at));
  await store.agents.insertOne({ _id: newId(at), name: AGENT, email: "mara@example.com", role: "administrator", active: true, links: [place === null ? { desk: "fake", userId: AGENT } : { desk: place.desk, userId: place.user }], inboxIds: "all", timeZone: "UTC", createdAt: at });
  await store.inboxes.insertOne(made);
  return made;
}

const inbox = await prepare();
const { secrets: open } = telegramKind.read(telegramKind.settings.parse({ token: TOKEN, apiRoot, webhook: true }));
const assembly = assemble({ store, clock, log, files, secrets, limits: { rateLimits: false } });
const { core, host } = assembly;
const desk = new BenchDesk(new Reporter());
const live = place === null ? null
  : await (place.desk === "slack" ? slackKind : discordKind).create(targetOf(inbox.deskTargetId, inbox.createdAt), { core, publicUrl: null, trouble: () => undefined, secret: (name) => deskSettings?.secrets[name] ?? null });
if (live === null) core.desks.set("fake", desk);
else core.desks.set(place!.desk, live);
core.channels.set(inbox._id, telegramKind.create(
  { ...inbox, config: { ...inbox.config, apiRoot } },
  { secret: (name) => open[name]!, files, log, bus: core.bus, clock, trouble: () => undefined, publicUrl: "http://127.0.0.1", rateLimits: false, sign: (text) => secrets.sign(`channel:${inbox._id}`, text), memory: { read: async () => null, write: async () => undefined } },
));
const scheduler = createScheduler(core);
core.scheduler = scheduler;

const server = await buildServer({ log, trustProxy: false, plugins: [
  hookRoutes({ log, inboxById: (id) => { const adapter = core.channels.get(id); return adapter === undefined ? null : { adapter }; }, receive: (event) => receiveEvent(core, event) }),
] });
const asleep = mode === "unscheduled" ? await store.conversations.findOne({ status: "snoozed" }) : null;
if (asleep !== null) desk.remembers(targetOf(asleep.deskTargetId, inbox.createdAt), cardOf(asleep, inbox.name));
assembly.start();
if (mode !== "unscheduled") await scheduler.start();
if (live !== null) {
  await host.stream(place!.desk, "down");
  live.start(host);
}
await server.listen({ port: 0, host: "127.0.0.1" });

const threads = new Map<number, DeskThreadId>();

async function learnThreads(): Promise<number> {
  const identities = await store.identities.find({ inboxId: inbox._id, address: /^\d+$/ }).toArray();
  for (const identity of identities) {
    const conversation = await store.conversations.findOne({ openKey: identity._id });
    if (conversation?.thread !== undefined && Number(identity.address) >= FIRST_CHAT) threads.set(Number(identity.address), conversation.thread.id);
  }
  return threads.size;
}

/** Nothing runs and nothing is due: what was asked before costs nothing any more. */
async function settle(): Promise<void> {
  for (let calm = 0; calm < 3;) {
    const now = clock.now();
    const due = await Promise.all([store.messages.findOne({ "mirror.dueAt": { $lte: now } }), store.messages.findOne({ "delivery.dueAt": { $lte: now } }), store.deskEvents.findOne({ dueAt: { $lte: now } })]);
    calm = assembly.busy() === 0 && due.every((one) => one === null) ? calm + 1 : 0;
    await new Promise((done) => { setTimeout(done, 20); });
  }
}

async function beginDue(): Promise<void> {
  desk.cards = 0;
  await scheduler.start();
}

async function answer(ask: Ask): Promise<unknown> {
  switch (ask.do) {
    case "crowd": return addCrowd(store, inbox, ask.people);
    case "campaign": return beginCampaign(core, inbox);
    case "recipients": return countRecipients(store);
    case "learnThreads": return learnThreads();
    case "settle": return settle();
    case "schedule": return beginDue();
    case "asleep": return { left: await store.conversations.countDocuments({ status: "snoozed", snoozedUntil: { $gt: new Date(0), $lte: clock.now() } }), cards: desk.cards };
    case "count": return ask.on ? counter.start() : counter.stop();
    case "stop":
      await scheduler.stop();
      await live?.stop();
      await server.close();
      await assembly.stop();
      await store.close();
      await mongo.stop();
      return process.exit(0);
  }
}

function say(chat: number, id: string): void {
  desk.say(threads.get(chat)!, AGENT, `${id} here is the answer to your question`, host).catch((error: unknown) => { console.error(error); process.exit(1); });
}

listen(say, answer);
tell({ type: "ready", port: (server.server.address() as AddressInfo).port, uri: mongo.uri, hook: { path: `/hooks/telegram/${inbox._id}`, secret: open["webhookSecret"]! } });
