/** What a rule may do: each act once, however often it is begun, by the key in its actor's `rule.act`. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { parseWhen } from "../model/when.ts";
import type { Conversation, Priority } from "../model/types.ts";
import { assign, assignTeam, unassign, unassignTeam } from "./assign.ts";
import { setAttribute } from "./attributes.ts";
import type { CannedResponse } from "../model/settings.ts";
import { cannedForAll, countUse, renderWithFiles } from "./canned.ts";
import { filesToSend } from "./canned-files.ts";
import { allAgents, allTargets, allTeams } from "./inbox-settings.ts";
import { addLabel, removeLabel } from "./label.ts";
import { setMode } from "./mode.ts";
import { setPriority } from "./priority.ts";
import { whyWindowClosed } from "./reply-window.ts";
import { OUTWARD_ACTS } from "./rule-acts-out.ts";
import { mustReach, type ActSpec, type RuleAct } from "./rule-reach.ts";
import { sendAutomatic } from "./send-automatic.ts";
import { reopen, resolve, setPending } from "./set-status.ts";
import { chooseSla, slaNamed, slaStands } from "./sla-work.ts";
import { snooze } from "./snooze.ts";
import { transfer } from "./transfer.ts";

async function say(it: RuleAct, said: Pick<CannedResponse, "body" | "files">): Promise<void> {
  const { core, conversation, actor, act } = it;
  await mustReach(it);
  const closed = await whyWindowClosed(core, conversation);
  if (closed !== null) throw new UserError("WINDOW_CLOSED", closed);
  const { text, files } = await renderWithFiles(core, null, conversation, said);
  await sendAutomatic(core, { conversation, author: actor, body: text, files: filesToSend(core, conversation, files), source: `rule:${act}` });
}

/** To an agent, a team, nobody, or whoever had this customer last and may answer here. */
async function give({ core, conversation, actor }: RuleAct, text: string): Promise<unknown> {
  const name = text.toLowerCase().replace(/^@/, "");
  if (name === "nobody" || name === "none") return unassign(core, { conversation, actor });
  const agents = await allAgents(core);
  if (name === "last agent") {
    const before = await core.store.conversations.find({ contactId: conversation.contactId, _id: { $ne: conversation._id } }, { projection: { assigneeId: 1 } }).sort({ createdAt: -1 }).limit(20).toArray();
    const last = before.map(({ assigneeId }) => agents.find((agent) => agent._id === assigneeId)).find((agent) => agent?.active === true);
    if (last === undefined) throw new UserError("ALREADY_SO", "Nobody has had this customer before.");
    return assign(core, { conversation, actor, to: last });
  }
  const agent = agents.find((one) => one.name.toLowerCase() === name);
  if (agent !== undefined) return assign(core, { conversation, actor, to: agent });
  const team = (await allTeams(core)).find((one) => one.name.toLowerCase() === name);
  if (team === undefined) throw new UserError("AGENT_UNKNOWN", `There is no agent or team ${text}.`);
  return assignTeam(core, { conversation, actor, team });
}

export const RULE_ACTS: Record<string, ActSpec> = {
  reply: { needs: "the text", run: (act, text) => say(act, { body: text }) },
  canned: {
    needs: "its code",
    async run(act, text) {
      const found = await cannedForAll(act.core, act.conversation, text);
      await say(act, found);
      await countUse(act.core, found.code);
    },
  },
  ...OUTWARD_ACTS,
  assign: { needs: "an agent, a team, last agent or nobody", run: give },
  unassign: { needs: null, run: ({ core, conversation, actor }, text) => (text.toLowerCase() === "team" ? unassignTeam : unassign)(core, { conversation, actor }) },
  label: { needs: "a label", run: ({ core, conversation, actor }, label) => addLabel(core, { conversation, actor, label }) },
  unlabel: { needs: "a label", run: ({ core, conversation, actor }, label) => removeLabel(core, { conversation, actor, label }) },
  priority: { needs: "low, medium, high, urgent or none", run: ({ core, conversation, actor }, text) => setPriority(core, { conversation, actor, priority: text.toLowerCase() === "none" ? null : (text.toLowerCase() as Priority) }) },
  mode: { needs: "reply, note-first or team-only", run: ({ core, conversation, actor }, text) => setMode(core, { conversation, actor, mode: text.toLowerCase() as "reply" | "note-first" | "team-only" }) },
  resolve: { needs: null, run: ({ core, conversation, actor }) => resolve(core, { conversation, actor, automatic: true }) },
  reopen: { needs: null, run: ({ core, conversation, actor }) => reopen(core, { conversation, actor }) },
  pending: { needs: null, run: ({ core, conversation, actor }) => setPending(core, { conversation, actor }) },
  snooze: {
    needs: "a time",
    async run({ core, conversation, actor }, text) {
      const when = parseWhen(text, core.clock.now(), "UTC");
      if ("error" in when) throw new UserError("BAD_TIME", when.error);
      if (conversation.status === "snoozed") throw new UserError("ALREADY_SO", `#${conversation.number} is snoozed already.`);
      return snooze(core, { conversation, actor, until: "untilReply" in when ? null : when.at });
    },
  },
  transfer: {
    needs: "a desk",
    async run({ core, conversation, actor }, text) {
      const target = (await allTargets(core)).find(({ name }) => name.toLowerCase() === text.toLowerCase());
      if (target === undefined) throw new UserError("DESK_UNKNOWN", `There is no desk ${text}.`);
      return transfer(core, { conversation, actor, to: target._id });
    },
  },
  sla: {
    needs: "a service level, none or auto",
    async run({ core, conversation, actor }, text) {
      if (slaStands(conversation, slaNamed(text))) throw new UserError("ALREADY_SO", `The service level of #${conversation.number} is chosen so already.`);
      return chooseSla(core, { conversation, actor, policy: slaNamed(text) });
    },
  },
  attribute: {
    needs: "an attribute and its value",
    run({ core, conversation, actor }, text) {
      const [, word = text, value = ""] = /^(\S+)\s+(.+)$/s.exec(text) ?? [];
      return setAttribute(core, { conversation, actor, word, text: value.toLowerCase() === "none" ? null : value });
    },
  },
};

/** Whether an act with this key was done before: the conversation remembers it, or its line is there. */
export async function wasDone(core: Core, conversation: Conversation, act: string): Promise<boolean> {
  return conversation.acts?.includes(act) === true || (await core.store.messages.findOne({ source: `rule:${act}` }, { projection: { _id: 1 } })) !== null;
}
