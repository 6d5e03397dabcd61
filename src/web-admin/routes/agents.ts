/** Agents: who they are, where their accounts are, and a way in for another administrator. */
import { UserError } from "../../core/errors.ts";
import { allAgents, allInboxes, allTargets, allTeams } from "../../core/services/inbox-settings.ts";
import { LINK_MS } from "../auth/auth.ts";
import { signInLink } from "../auth/routes.ts";
import { agentLink, agents, type Agent } from "../wire.ts";
import { baseUrl, iso, type AdminCall } from "./call.ts";

export const agentCalls: AdminCall[] = [
  {
    method: "GET", path: "/agents", summary: "List the agents with role, teams and linked desks", about: "Admin", needs: "admin.read", answers: { 200: agents }, codes: [],
    async run({ parts: { core } }) {
      const [found, teams, inboxes, targets] = await Promise.all([allAgents(core), allTeams(core), allInboxes(core), allTargets(core)]);
      const shown: Agent[] = found.toSorted((a, b) => Number(b.active) - Number(a.active) || a.name.localeCompare(b.name)).map((agent) => ({
        id: agent._id, name: agent.name, email: agent.email, role: agent.role, active: agent.active, timeZone: agent.timeZone,
        // the page shows no picture that another server would have to give
        avatar: agent.avatar?.startsWith("data:image/") === true ? agent.avatar : null,
        teams: teams.filter(({ memberIds }) => memberIds.includes(agent._id)).map(({ name }) => name), desks: [...new Set(agent.links.map(({ desk }) => desk))],
        inboxes: agent.inboxIds === "all" ? null : inboxes.filter(({ _id }) => agent.inboxIds.includes(_id)).map(({ name }) => name),
      }));
      return { agents: shown, vendors: [...new Set(targets.map(({ kind }) => kind))].filter((kind) => kind !== "playground") };
    },
  },
  {
    method: "POST", path: "/agents/:id/link", summary: "Make a one-time sign-in link for another administrator", about: "Admin", needs: "admin.write", by: "session", answers: { 200: agentLink }, codes: ["AGENT_UNKNOWN", "NOT_POSSIBLE"],
    async run(incoming) {
      const { parts: { core, auth }, params, caller } = incoming;
      const agent = (await allAgents(core)).find(({ _id }) => _id === params["id"]);
      if (agent === undefined) throw new UserError("AGENT_UNKNOWN", "There is no such agent. Load the list of agents again.");
      if (!agent.active || agent.role !== "administrator") throw new UserError("NOT_POSSIBLE", `${agent.name} is no active administrator, so a link would lead nowhere. Change the role in the settings file first.`);
      const token = await auth.newLink(agent._id);
      core.log.info({ agentId: agent._id, by: caller.agent?._id ?? "terminal" }, "A one-time sign-in link was made.");
      return { link: signInLink(baseUrl(incoming), token, "admin"), expiresAt: iso(new Date(core.clock.now().getTime() + LINK_MS)) };
    },
  },
];
