/** Puts core and the rooms around it together and runs the lanes; knows no HTTP. `main.ts` and the tests build on it. */
import { createBus } from "./core/bus.ts";
import { DEFAULT_LIMITS } from "./core/core.ts";
import type { Core, CoreLimits } from "./core/core.ts";
import { createRunner } from "./core/lanes/runner.ts";
import type { Runner } from "./core/lanes/runner.ts";
import { startSweep } from "./core/lanes/sweep.ts";
import { runTodo } from "./core/lanes/todo.ts";
import type { TodoWork } from "./core/lanes/todo.ts";
import { newId } from "./core/model/ids.ts";
import type { DeskThreadId } from "./core/model/types.ts";
import { canShowTyping } from "./core/ports.ts";
import type { Clock, DeskHost, FileStore, Logger } from "./core/ports.ts";
import { FETCH_DESK_FILES } from "./core/services/desk-files.ts";
import { HOLD_LATER, holdLater } from "./core/services/later-due.ts";
import { campaignAnswered } from "./core/services/campaign-receipts.ts";
import { CAMPAIGN_ANSWER } from "./core/services/opt-out.ts";
import { answerByLine, SURVEY_ANSWER } from "./core/services/csat-answer.ts";
import { deskTargetOf, RULES, WEBHOOKS } from "./core/services/inbox-settings.ts";
import { queueWebhooks } from "./core/services/webhooks.ts";
import { createImports } from "./core/services/import-job.ts";
import type { Secrets } from "./core/services/secrets.ts";
import { isWatched } from "./core/store/watch.ts";
import type { Store } from "./core/store/store.ts";
import { createDeskHost } from "./bridge/act.ts";
import { fetchDeskFiles } from "./bridge/fetch-files.ts";
import { runIntake } from "./bridge/intake.ts";
import { createMarks } from "./bridge/marks.ts";
import { compareDesks } from "./bridge/streams.ts";
import { createTeller } from "./bridge/tellings.ts";
import { runRules } from "./automation/rules/run.ts";
import { tellAllDesks, tellTrouble } from "./bridge/tell-trouble.ts";
import { mirrorConversation } from "./bridge/to-desk.ts";
import { deliverConversation } from "./channels/deliver.ts";
import { FETCH_FILES, fetchFiles } from "./channels/fetch-files.ts";
import { createWebhookSender } from "./automation/webhooks/send.ts";
import { createCaller } from "./channels/shared/caller.ts";
import { callbackHeaders } from "./channels/shared/signature.ts";

export interface Parts { store: Store; clock: Clock; log: Logger; files: FileStore; secrets: Secrets; limits?: Partial<CoreLimits> }
export interface Assembly {
  core: Core;
  host: DeskHost;
  /** Begins to work on what is due. */
  start(): void;
  /** No new work; resolves when what runs has ended. */
  stop(): Promise<void>;
  /** Resolves when no lane is running (tests). */
  readonly busy: () => number;
}

/** So much runs side by side; three vendors that hang leave as much as one may use to the others. */
const LANE_SLOTS = { maxParallel: 256 };
const GROUP_SLOTS = 64;
/** What may be left to do for a message, and who does it. */
const TODOS: readonly (readonly [string, TodoWork])[] = [[FETCH_FILES, fetchFiles], [FETCH_DESK_FILES, fetchDeskFiles], [WEBHOOKS, queueWebhooks], [SURVEY_ANSWER, answerByLine], [HOLD_LATER, holdLater], [CAMPAIGN_ANSWER, campaignAnswered]];
/** Redirects that a webhook's address may answer with, each checked as the address itself. */
const WEBHOOK_REDIRECTS = 3;

/** Whom a piece of work waits for: what hangs there must not hold up the rest. */
function groupsOf(core: Core) {
  const { conversations, messages, threads } = core.store;
  return {
    inbox: async (conversationId: string) => (await conversations.findOne({ _id: conversationId }, { projection: { inboxId: 1 } }))?.inboxId ?? "",
    async desk(conversationId: string) {
      const conversation = await conversations.findOne({ _id: conversationId }, { projection: { deskTargetId: 1 } });
      if (conversation === null) return "";
      const { kind, identity } = await deskTargetOf(core, conversation.deskTargetId);
      return `${kind}:${identity}`;
    },
    deskOfThread: async (thread: string) => (await threads.findOne({ _id: thread as DeskThreadId }, { projection: { desk: 1 } }))?.desk ?? "",
    inboxOfMessage: async (messageId: string) => (await messages.findOne({ _id: messageId }, { projection: { inboxId: 1 } }))?.inboxId ?? "",
  };
}

/** What is to be done for a message, in the order of the list; whatever is added meanwhile kicks it again, or the sweep does. */
async function runTodos(core: Core, messageId: string): Promise<void> {
  const message = await core.store.messages.findOne({ _id: messageId }, { projection: { "todo.for": 1 } });
  const wanted = new Set(message?.todo.map((item) => item.for));
  for (const [name, work] of TODOS) if (wanted.has(name)) await runTodo(core, messageId, name, work);
}

/** Channels and desks are put into `core.channels` and `core.desks` by the caller before `start`. */
export function assemble(parts: Parts): Assembly {
  const core: Core = {
    store: parts.store, clock: parts.clock, log: parts.log, files: parts.files, secrets: parts.secrets,
    bus: createBus((error, type) => parts.log.error({ err: error, type }, "A handler of the bus failed; the sweep takes up what it left.")),
    holder: newId(parts.clock.now()), channels: new Map(), desks: new Map(), limits: { ...DEFAULT_LIMITS, ...parts.limits },
  };
  const host = createDeskHost(core);
  const groups = groupsOf(core);
  const mirror: Runner = createRunner("mirror", (id) => mirrorConversation({ core, runner: () => mirror }, id), core.log, { ...LANE_SLOTS, groups: { of: groups.desk, most: GROUP_SLOTS } });
  const delivery: Runner = createRunner("delivery", (id) => deliverConversation({ core, runner: () => delivery }, id), core.log, { ...LANE_SLOTS, groups: { of: groups.inbox, most: GROUP_SLOTS } });
  const intake: Runner = createRunner("intake", (thread) => runIntake(core, () => intake, thread), core.log, { ...LANE_SLOTS, groups: { of: groups.deskOfThread, most: GROUP_SLOTS } });
  const todos: Runner = createRunner("todo", (messageId) => runTodos(core, messageId), core.log, { maxParallel: 16, groups: { of: groups.inboxOfMessage, most: 4 } });
  const rules: Runner = createRunner("rules", (conversationId) => runRules(core, conversationId), core.log, { maxParallel: 16 });
  const marks: Runner = createRunner("marks", createMarks(core, () => marks), core.log);
  const webhooks: Runner = createRunner("webhooks", createWebhookSender(core, {
    open: ({ url, allowPrivateAddress }) => createCaller({ url, allowPrivate: allowPrivateAddress, redirects: WEBHOOK_REDIRECTS, names: { who: "The receiver", setting: "url" } }), sign: callbackHeaders,
  }), core.log, { maxParallel: 32 });
  const imports: Runner = createRunner("imports", createImports(core, () => imports), core.log, { maxParallel: 1 });
  const tellings: Runner = createRunner("tellings", createTeller(core, () => tellings), core.log, { maxParallel: 16 });
  const runners = [intake, delivery, mirror, todos, rules, marks, webhooks, imports, tellings];
  let stopSweep: (() => Promise<void>) | undefined;

  return {
    core, host,
    start() {
      core.bus.on("lane.due", ({ lane, conversationId, calm }) => (lane === "mirror" ? mirror : delivery)[calm === true ? "kickCalmly" : "kick"](conversationId));
      core.bus.on("intake.due", ({ thread }) => intake.kick(thread));
      core.bus.on("todo.due", ({ messageId, conversationId }) => {
        todos.kick(messageId);
        if (isWatched(core.store, RULES)) rules.kick(conversationId);
      });
      core.bus.on("administrators.tell", ({ text }) => void tellAllDesks(core, text));
      core.bus.on("webhook.due", ({ webhookId }) => webhooks.kick(webhookId));
      core.bus.on("marks.due", ({ desk }) => marks.kick(desk));
      core.bus.on("import.due", ({ importId }) => imports.kick(importId));
      core.bus.on("channel.trouble", (event) => void tellTrouble(core, event));
      core.bus.on("telling.due", ({ tellingId }) => tellings.kick(tellingId));
      core.bus.on("desks.compare", ({ since }) => void compareDesks(core, since));
      core.bus.on("typing", (event) => { if (event.from === "contact") void showTyping(core, event); });
      stopSweep = startSweep(core);
    },
    async stop() {
      await stopSweep?.();
      for (const runner of runners) await runner.stop();
    },
    busy: () => runners.reduce((sum, runner) => sum + runner.running, 0),
  };
}

async function showTyping(core: Core, event: { conversationId: string; name: string; typing: boolean }): Promise<void> {
  try {
    const conversation = await core.store.conversations.findOne({ _id: event.conversationId }, { projection: { thread: 1 } });
    const thread = conversation?.thread === undefined ? null : await core.store.threads.findOne({ _id: conversation.thread.id });
    const desk = thread === null ? undefined : core.desks.get(thread.desk);
    if (thread !== null && desk !== undefined && canShowTyping(desk)) await desk.showTyping(thread._id, event.name, event.typing);
  } catch (error) {
    core.log.debug({ err: error }, "Typing could not be shown.");
  }
}
