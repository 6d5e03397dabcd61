/** take, assign, unassign: who owns a conversation, and which team. */
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import type { Agent, Team } from "../model/types.ts";
import { assign as assignTo, assignTeam, take as takeOver, unassign as assignNobody, unassignTeam as assignNoTeam } from "../services/assign.ts";
import { allAgents, allTeams, mayAnswer } from "../services/inbox-settings.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { mustBeGiven } from "../services/transfer-request.ts";
import { anyText, oneOf, onlyAnyway } from "./args.ts";
import { FORM_FIELD, verb } from "./verb.ts";

export const take = verb({
  name: "take", aliases: ["claim"], usage: "[--anyway]", flags: ["--anyway"], help: "Makes you the owner; with --anyway also when a colleague is.",
  needs: { conversation: true }, args: onlyAnyway,
  async run({ core, actor, conversation, args }) {
    await mustBeGiven(core, actor, conversation);
    const { number } = await takeOver(core, { conversation, agent: actor, anyway: args.anyway });
    return { notice: `#${number} is yours.`, logged: true };
  },
});

export const assign = verb({
  name: "assign", aliases: [], usage: "[agent or team]", help: "Gives it to an agent, or puts it into a team's queue; without a name it asks for one.",
  needs: { conversation: true }, args: anyText,
  async run({ core, actor, conversation, args, ask }) {
    const agents = (await allAgents(core)).filter((agent) => mayAnswer(agent, conversation.inboxId));
    const teams = await allTeams(core);
    if (args.text === "") {
      const now = conversation.assigneeName ?? conversation.teamName;
      return ask(`Assign #${conversation.number}`, [{
        name: FORM_FIELD, label: teams.length === 0 ? "Agent" : "Agent or team", kind: "select", required: true,
        options: [...agents.map(({ name }) => ({ value: name, label: name })), ...teams.map(({ name }) => ({ value: name, label: `${name} (team)` }))],
        ...(now === undefined ? {} : { value: now }),
      }]);
    }
    const to = /^@?me$/i.test(args.text) ? actor : nameOf(args.text, agents, teams);
    await mustBeGiven(core, actor, conversation);
    if ("memberIds" in to) {
      const { number } = await assignTeam(core, { conversation, team: to, actor: agentAuthor(actor) });
      return { notice: `#${number} is now with the team ${to.name}.`, logged: true };
    }
    const { number } = await assignTo(core, { conversation, to, actor: agentAuthor(actor) });
    return { notice: to._id === actor._id ? `#${number} is yours.` : `#${number} is now with ${to.name}.`, logged: true };
  },
});

export const unassign = verb({
  name: "unassign", aliases: [], usage: "[team]", help: "Takes its owner off, so that it waits in its team's queue or everybody's; with team it leaves the team's queue.",
  needs: { conversation: true }, args: oneOf(["team"]),
  async run({ core, actor, conversation, args }) {
    const act = { conversation, actor: agentAuthor(actor) };
    if (args.choice === "team") {
      const { number } = await assignNoTeam(core, act);
      return { notice: `#${number} is in no team's queue now.`, logged: true };
    }
    const { number, teamName } = await assignNobody(core, act);
    return { notice: teamName === undefined ? `#${number} is nobody's now.` : `#${number} waits for the team ${teamName} now.`, logged: true };
  },
});

/** By whole name, e-mail or a beginning that only one has. @throws {UserError} AGENT_UNKNOWN */
export function nameOf(text: string, agents: Agent[], teams: Team[]): Agent | Team {
  const wanted = text.replace(/^@/, "").replace(/^"(.*)"$/, "$1").trim().toLowerCase();
  const all = [...agents, ...teams];
  const exact = all.find((one) => one.name.toLowerCase() === wanted || ("email" in one && one.email.toLowerCase() === wanted));
  const starting = all.filter((one) => one.name.toLowerCase().startsWith(wanted));
  if (exact !== undefined) return exact;
  if (starting.length === 1) return starting[0]!;
  const names = all.map((one) => one.name);
  if (starting.length > 1) throw new UserError("AGENT_UNKNOWN", `"${text}" could be ${starting.map((one) => one.name).join(" or ")}. Write the whole name.`);
  throw new UserError("AGENT_UNKNOWN", `No agent who may answer this inbox${teams.length === 0 ? "" : " and no team"} is called "${text}".${didYouMean(wanted, names) || ` There are: ${names.join(", ")}.`}`);
}
