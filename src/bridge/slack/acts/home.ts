/** The App Home of one agent: what is theirs, what waits longest, what wakes today. Source: docs.slack.dev/surfaces/app-home */
import { DateTime } from "luxon";
import type { Core } from "../../../core/core.ts";
import { DeskError } from "../../../core/errors.ts";
import { firstLine } from "../../../core/model/draft.ts";
import type { Agent, Conversation } from "../../../core/model/types.ts";
import { canLink } from "../../../core/ports.ts";
import type { CardButton } from "../../../core/ports.ts";
import { mentionsOf, myConversations, queueFor } from "../../../core/services/find.ts";
import { agentByLink } from "../../../core/services/inbox-settings.ts";
import { lineOf, timeFor } from "../../../core/verbs/describe.ts";
import { cleanText, cut } from "../../shared/text.ts";
import type { SlackApi } from "../api.ts";
import { buttonElement, OPEN } from "./buttons.ts";
import { wordsBlock } from "./words.ts";

/** Rows of one list, and of that of mentions: all lists together stay below the 100 blocks of a home. */
const ROWS = 10, MENTIONED_ROWS = 5;
/** Homes that are kept up to date. */
const KEPT = 1_000;
const REFRESH_MS = 500;

const MINE: CardButton[] = [{ id: "resolve", label: "Resolve", style: "main" }, { id: "snooze", label: "Snooze…" }, { id: "assign", label: "Assign…" }, { id: "more", label: "More…" }];
const WAITING: CardButton[] = [{ id: "take", label: "Take", style: "main" }, { id: "assign", label: "Assign…" }, { id: "snooze", label: "Snooze…" }, { id: "more", label: "More…" }];
const MENTIONED: CardButton[] = [{ id: "take", label: "Take" }, { id: "assign", label: "Assign…" }, { id: "snooze", label: "Snooze…" }, { id: "more", label: "More…" }];
const ASLEEP: CardButton[] = [{ id: "reopen", label: "Reopen" }, { id: "take", label: "Take" }];

export interface Home {
  /** Publishes a person's home; `hash` is that of the home they see. `said` stands on top. Never rejects. */
  publish(userId: string, o?: { hash?: string | undefined; said?: string | undefined }): Promise<void>;
  /** Soon, when this person has opened theirs. */
  refresh(userId: string): void;
  stop(): void;
}

export function createHome({ core, api }: { core: Core; api: SlackApi }): Home {
  const hashes = new Map<string, string | undefined>();
  const timers = new Map<string, NodeJS.Timeout>();

  function keep(userId: string, hash: string | undefined): void {
    hashes.delete(userId);
    hashes.set(userId, hash);
    if (hashes.size > KEPT) hashes.delete(hashes.keys().next().value!);
  }

  async function publish(userId: string, { hash = hashes.get(userId), said }: { hash?: string | undefined; said?: string | undefined } = {}): Promise<void> {
    // What it was to show is read now.
    clearTimeout(timers.get(userId));
    timers.delete(userId);
    try {
      const agent = await agentByLink(core, "slack", userId);
      const blocks = [...(said === undefined ? [] : [wordsBlock(said), { type: "divider" }]), ...(agent?.active === true ? await agentBlocks(core, agent) : strangerBlocks())];
      const args = { user_id: userId, view: { type: "home", blocks } };
      const published = await api.call<{ view: { hash?: string } }>("views.publish", hash === undefined ? args : { ...args, hash }, { priority: "interactive" });
      keep(userId, published.view.hash);
    } catch (error) {
      // Somebody published a newer one meanwhile, or Slack is away: the next opening shows it right.
      keep(userId, undefined);
      const level = error instanceof DeskError ? "info" : "error";
      core.log[level]({ err: error }, "An App Home could not be published; it is shown anew when it is next opened.");
    }
  }

  return {
    publish,
    refresh(userId) {
      if (!hashes.has(userId) || timers.has(userId)) return;
      timers.set(userId, setTimeout(() => { timers.delete(userId); void publish(userId); }, REFRESH_MS));
    },
    stop() { for (const timer of timers.values()) clearTimeout(timer); timers.clear(); },
  };
}

const header = (text: string): object => ({ type: "header", text: { type: "plain_text", text: cut(text, 150), emoji: false } });

const strangerBlocks = (): object[] => [
  header("Your account is not linked"),
  wordsBlock("Only linked agents answer customers. Write /desk link in any channel; when your e-mail address here is that of an agent, you are linked at once. Else ask an administrator."),
];

async function agentBlocks(core: Core, agent: Agent): Promise<object[]> {
  const now = core.clock.now();
  const [mine, mentions, queue, asleep] = await Promise.all([myConversations(core, agent, { limit: ROWS }), mentionsOf(core, agent, { limit: MENTIONED_ROWS }), queueFor(core, agent, { limit: ROWS }), wakingToday(core, agent, now)]);
  const row = (conversation: Conversation, buttons: CardButton[]) => rowBlocks(core, conversation, lineOf(conversation, now), buttons);
  return [
    ...section("My conversations", mine.more, "You own no conversation.", mine.conversations.flatMap((one) => row(one, one.status === "snoozed" ? ASLEEP.slice(0, 1) : MINE))),
    ...section("Waiting longest, nobody's yet", queue.more, "The queue is empty: every open conversation has an owner.", queue.conversations.flatMap((one) => row(one, WAITING))),
    ...section("Waking up today", asleep.length > ROWS, "Nothing wakes up today.", asleep.slice(0, ROWS).flatMap((one) =>
      rowBlocks(core, one, `${lineOf(one, now)} · wakes ${timeFor(agent, one.snoozedUntil!)}`, ASLEEP))),
    ...section("Mentions of the last seven days", false, "Nobody mentioned you.", mentions.flatMap(({ conversation, by, text, at }) =>
      rowBlocks(core, conversation, `${lineOf(conversation, now)}\n${by}, ${timeFor(agent, at)}: ${firstLine(text, 200)}`, MENTIONED))),
    header("Settings"),
    wordsBlock([
      `You are ${agent.name} (${agent.role}), ${agent.email}.`,
      `Times are shown for ${agent.timeZone}. ${agent.inboxIds === "all" ? "You see every inbox." : `You see ${agent.inboxIds.length === 1 ? "1 inbox" : `${agent.inboxIds.length} inboxes`}.`}`,
      "An administrator changes this.",
    ].join("\n")),
    { type: "actions", elements: [{ id: "help", label: "Help" }, { id: "health", label: "Health" }, ...(agent.role === "administrator" ? [{ id: "delivery", label: "Delivery…" }] : [])].map((button, place) => buttonElement(button, place)) },
  ];
}

/** Asleep until the end of the agent's day, soonest first; one more than is shown. Served by the index `dueSnoozes`. */
const wakingToday = (core: Core, agent: Agent, now: Date): Promise<Conversation[]> =>
  core.store.conversations.find({
    status: "snoozed", snoozedUntil: { $gt: new Date(0), $lte: DateTime.fromJSDate(now, { zone: agent.timeZone }).endOf("day").toJSDate() },
    ...(agent.inboxIds === "all" ? {} : { inboxId: { $in: agent.inboxIds } }),
  }).sort({ snoozedUntil: 1 }).limit(ROWS + 1).toArray();

function section(title: string, more: boolean, none: string, rows: object[]): object[] {
  return [header(title), ...(rows.length === 0 ? [wordsBlock(none)] : rows), ...(more ? [wordsBlock(`These are the first ${ROWS}. /desk mine, /desk queue and /desk find list more.`)] : []), { type: "divider" }];
}

/** Plain text: a customer's name and words can neither format nor mention. */
function rowBlocks(core: Core, conversation: Conversation, text: string, buttons: CardButton[]): object[] {
  const desk = core.desks.get("slack");
  const { thread } = conversation;
  const link = thread !== undefined && thread.id.startsWith("slack:") && desk !== undefined && canLink(desk) ? desk.linkTo(thread.id) : null;
  const about = { number: conversation.number, seen: conversation.lastIncomingSeq };
  return [
    { type: "section", text: { type: "plain_text", text: cut(cleanText(text), 1_000), emoji: false }, ...(link === null ? {} : { accessory: { type: "button", action_id: OPEN, url: link, text: { type: "plain_text", text: "Open", emoji: false } } }) },
    { type: "actions", elements: buttons.map((button, place) => buttonElement(button, place, about)) },
  ];
}
