/** The first page: how much waits, whether the desks stand, what needs attention. */
import type { Core } from "../../core/core.ts";
import { healthOf } from "../../core/services/health.ts";
import { allAgents, allInboxes } from "../../core/services/inbox-settings.ts";
import { overviewOf } from "../../core/services/overview.ts";
import { linkToThread } from "../../core/services/thread-link.ts";
import { warningsOf } from "../health.ts";
import { overview, type Overview } from "../wire.ts";
import { inWords, iso, type AdminCall } from "./call.ts";
import { connectionsOf } from "./desk-state.ts";

const LISTED = 5;
/** All who look share one answer for this long. */
const FRESH_MS = 500;
const answers = new WeakMap<Core, { at: number; answer: Promise<Overview> }>();

async function look(core: Core): Promise<Overview> {
  const [{ longest, ...counts }, health, connections, agents, inboxes] = await Promise.all([overviewOf(core, { listed: LISTED }), healthOf(core), connectionsOf(core), allAgents(core), allInboxes(core)]);
  const names = new Map(inboxes.map(({ _id, name }) => [_id, name]));
  const active = agents.filter((agent) => agent.active);
  const vendors = connections.filter(({ kind }) => kind !== "playground").map(({ kind }) => kind);
  return {
    ...counts,
    longest: await Promise.all(longest.map(async (conversation) => ({
      number: conversation.number, title: conversation.subject, contact: conversation.contactName, channel: names.get(conversation.inboxId) ?? conversation.channel,
      owner: conversation.assigneeName, since: iso(conversation.waitingSince!), link: (await linkToThread(core, conversation)) ?? null,
    }))),
    agents: { active: active.length, linked: active.filter(({ links }) => vendors.length === 0 || links.some(({ desk }) => vendors.includes(desk))).length }, inboxes: inboxes.filter(({ enabled }) => enabled).length,
    desks: connections.map(({ id, kind, targets, state }) => ({ id, kind, channels: targets.map(({ channel }) => channel), state })),
    warnings: warningsOf(health).map(inWords), at: iso(core.clock.now()),
  };
}

export const overviewCalls: AdminCall[] = [{
  method: "GET", path: "/overview", summary: "Say how much is open, waits and has no owner, and what needs attention", about: "Admin", needs: "admin.read", answers: { 200: overview }, codes: [],
  async run({ parts: { core } }) {
    const now = performance.now();
    const known = answers.get(core);
    if (known !== undefined && now - known.at < FRESH_MS) return known.answer;
    const answer = look(core);
    answers.set(core, { at: now, answer });
    return answer;
  },
}];
