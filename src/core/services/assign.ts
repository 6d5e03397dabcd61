/** Who owns a conversation, and in which team's queue it is. Of two who take it at once, one wins and the other is told by name. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { ActivityFact, Agent, Author, Conversation, Team } from "../model/types.ts";
import { changeConversation, type Change } from "./change-conversation.ts";
import { revealing } from "./hide-contact.ts";
import { allAgents, allTeams, mayAnswer } from "./inbox-settings.ts";
import { agentAuthor } from "./send-reply.ts";
import { changing, reread } from "./set-status.ts";

const ATTEMPTS = 5;

/** What makes `agent` the owner of a conversation as it was read. A team stays only while its owner is one of it. */
export async function owning(core: Core, conversation: Pick<Conversation, "teamId" | "untaken" | "hiddenName" | "request" | "releasedFrom">, agent: Agent): Promise<Change & { expect: object }> {
  const { teamId } = conversation;
  const leaves = teamId !== undefined && (await allTeams(core)).find((team) => team._id === teamId)?.memberIds.includes(agent._id) !== true;
  const revealed = revealing(conversation);
  const { expect, set } = revealed;
  const unset = [...revealed.unset, ...(["request", "releasedFrom"] as const).filter((name) => conversation[name] !== undefined)];
  return {
    expect: { teamId: teamId ?? null, ...expect } as object, set: { assigneeId: agent._id, assigneeName: agent.name, ...set },
    ...(leaves || unset.length > 0 ? { unset: [...unset, ...(leaves ? ["teamId", "teamName"] as const : [])] } : {}),
    activity: [{ type: "assigned", to: agent._id, toName: agent.name }, ...(leaves ? [{ type: "team", to: null, toName: null } as const] : [])],
  };
}

/** The owner is me, if nobody owns it; with `anyway` also from somebody else. @throws {UserError} ALREADY_SO naming the owner */
export async function take(core: Core, act: { conversation: Conversation; agent: Agent; anyway?: boolean | undefined }): Promise<Conversation> {
  const { agent, anyway } = act;
  return whileReadAnew(core, act.conversation, async (current) => {
    if (current.assigneeId === agent._id) throw new UserError("ALREADY_SO", `#${current.number} is yours already.`);
    if (current.assigneeId !== null && anyway !== true) throw new UserError("ALREADY_SO", `${current.assigneeName} has #${current.number}. Take it only if you have agreed on it.`);
    const change = await owning(core, current, agent);
    return changeConversation(core, current._id, agentAuthor(agent), { ...change, expect: { ...change.expect, assigneeId: anyway === true ? { $ne: agent._id } : null } });
  });
}

/** @throws {UserError} ALREADY_SO, NOT_POSSIBLE when that agent is not active or may not answer this inbox */
export async function assign(core: Core, act: { conversation: Conversation; to: Agent; actor: Author }): Promise<Conversation> {
  const { to } = act;
  const allowed: boolean = mayAnswer(to, act.conversation.inboxId);
  if (!allowed) {
    throw new UserError("NOT_POSSIBLE", `${to.name} ${to.active ? "may not answer this inbox" : "is no longer active"}. Choose somebody else, or ask an administrator.`);
  }
  return whileReadAnew(core, act.conversation, async (current) => {
    if (current.assigneeId === to._id) throw new UserError("ALREADY_SO", `#${current.number} is assigned to ${to.name} already.`);
    const change = await owning(core, current, to);
    return changeConversation(core, current._id, act.actor, { ...change, expect: { ...change.expect, assigneeId: { $ne: to._id } } });
  });
}

/** Puts it into a team's queue; an owner who is not one of the team loses it. @throws {UserError} ALREADY_SO, NOT_POSSIBLE when nobody of the team may answer this inbox */
export async function assignTeam(core: Core, act: { conversation: Conversation; team: Team; actor: Author }): Promise<Conversation> {
  const { team } = act;
  const agents = await allAgents(core);
  if (!agents.some((agent) => team.memberIds.includes(agent._id) && mayAnswer(agent, act.conversation.inboxId))) {
    throw new UserError("NOT_POSSIBLE", `Nobody in the team ${team.name} may answer this inbox. Choose another team, or ask an administrator.`);
  }
  return whileReadAnew(core, act.conversation, (current) => {
    if (current.teamId === team._id) throw new UserError("ALREADY_SO", `#${current.number} is with the team ${team.name} already.`);
    const leaves = current.assigneeId !== null && !team.memberIds.includes(current.assigneeId);
    return changeConversation(core, current._id, act.actor, {
      expect: { assigneeId: current.assigneeId, teamId: { $ne: team._id } },
      set: { teamId: team._id, teamName: team.name, ...(leaves ? { assigneeId: null, assigneeName: null } : {}) },
      activity: [{ type: "team", to: team._id, toName: team.name }, ...(leaves ? [NOBODY] : [])],
    });
  });
}

const NOBODY: ActivityFact = { type: "assigned", to: null, toName: null };

/** Takes the owner off; a team keeps it in its queue. @throws {UserError} ALREADY_SO */
export async function unassign(core: Core, act: { conversation: Conversation; actor: Author }): Promise<Conversation> {
  const after = await changeConversation(core, act.conversation._id, act.actor, { expect: { assigneeId: { $ne: null } }, set: { assigneeId: null, assigneeName: null }, activity: [NOBODY] });
  if (after !== null) return after;
  const { number, teamName } = await reread(core, act.conversation._id);
  throw new UserError("ALREADY_SO", `Nobody has #${number}; nothing changed.${teamName === undefined ? "" : ` It waits for the team ${teamName}: /unassign team takes it off that queue.`}`);
}

/** Takes it off its team's queue; its owner keeps it. @throws {UserError} ALREADY_SO */
export async function unassignTeam(core: Core, act: { conversation: Conversation; actor: Author }): Promise<Conversation> {
  const after = await changeConversation(core, act.conversation._id, act.actor, { expect: { teamId: { $exists: true } }, unset: ["teamId", "teamName"], activity: [{ type: "team", to: null, toName: null }] });
  if (after !== null) return after;
  await reread(core, act.conversation._id);
  throw new UserError("ALREADY_SO", `#${act.conversation.number} is in no team's queue; nothing changed.`);
}

/** Tries with what was read, and again with what is there now, until the change was made or is refused. */
async function whileReadAnew(core: Core, known: Conversation, change: (current: Conversation) => Promise<Conversation | null>): Promise<Conversation> {
  for (let attempt = 0, current = known; attempt < ATTEMPTS; attempt++, current = await reread(core, current._id)) {
    const after = await change(current);
    if (after !== null) return after;
  }
  throw changing();
}
