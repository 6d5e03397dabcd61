/** Who the caller is, and what is set up: labels, teams, people, canned responses, attributes, verbs. Changed by the settings file. */
import { z } from "zod";
import { PERMISSION_NAMES } from "../../core/model/permissions.ts";
import { attributeDefinitions } from "../../core/services/attributes.ts";
import { usableCanned } from "../../core/services/canned.ts";
import { allAgents, allInboxes, allTeams } from "../../core/services/inbox-settings.ts";
import { verbs } from "../../core/verbs/table.ts";
import { actorOf } from "../auth/caller.ts";
import { attributeList, canned, labels, me, paging, people, teams, verbList } from "../wire-api.ts";
import { adminCall, type AdminCall } from "./call.ts";

const PAGE = 50;

export const settingsCalls: AdminCall[] = [
  adminCall({
    method: "GET", path: "/me", summary: "Say who calls, and what they may", about: "Settings", needs: "settings.read", answers: { 200: me }, codes: [],
    async run({ parts: { core }, caller }) {
      const { inboxIds } = actorOf(caller, core.clock.now());
      const inboxes = (await allInboxes(core)).filter(({ _id }) => inboxIds === "all" || inboxIds.includes(_id));
      return { name: caller.name, role: caller.role, agentId: caller.agent?._id ?? null, permissions: PERMISSION_NAMES.filter(caller.may), inboxes: inboxes.map(({ _id, name, channel }) => ({ id: _id, name, channel })) };
    },
  }),
  adminCall({
    method: "GET", path: "/labels", summary: "List the labels", about: "Settings", needs: "settings.read", answers: { 200: labels }, codes: [],
    run: async ({ parts: { core } }) => ({ labels: (await core.store.labels.find().sort({ name: 1 }).toArray()).map(({ name, color }) => ({ name, color })) }),
  }),
  adminCall({
    method: "GET", path: "/teams", summary: "List the teams with their members", about: "Settings", needs: "settings.read", answers: { 200: teams }, codes: [],
    async run({ parts: { core } }) {
      const [found, agents] = await Promise.all([allTeams(core), allAgents(core)]);
      return { teams: found.map(({ _id, name, memberIds }) => ({ id: _id, name, members: agents.filter((agent) => memberIds.includes(agent._id)).map((agent) => ({ id: agent._id, name: agent.name })) })) };
    },
  }),
  adminCall({
    method: "GET", path: "/people", summary: "List the active agents by name, as whoever assigns needs them", about: "Settings", needs: "settings.read", answers: { 200: people }, codes: [],
    async run({ parts: { core } }) {
      const [agents, all] = await Promise.all([allAgents(core), allTeams(core)]);
      const active = agents.filter((agent) => agent.active).toSorted((a, b) => a.name.localeCompare(b.name));
      return { people: active.map(({ _id, name, role }) => ({ id: _id, name, role, teams: all.filter(({ memberIds }) => memberIds.includes(_id)).map((team) => team.name) })) };
    },
  }),
  adminCall({
    method: "GET", path: "/canned", summary: "List the canned responses that the caller may use, by code", about: "Settings", needs: "settings.read", query: z.strictObject(paging), answers: { 200: canned }, codes: [],
    async run({ parts: { core }, caller, query: { limit = PAGE, cursor = "" } }) {
      const found = await usableCanned(core, actorOf(caller, core.clock.now()), { after: cursor, limit: limit + 1 });
      const page = found.slice(0, limit);
      return {
        canned: page.map(({ code, title, body, folder, language }) => ({ code, title, body, ...(folder === undefined ? {} : { folder }), ...(language === undefined ? {} : { language }) })),
        next: found.length > limit ? page.at(-1)!.code : null,
      };
    },
  }),
  adminCall({
    method: "GET", path: "/attributes", summary: "List what may be known of customers besides name, e-mail and phone", about: "Settings", needs: "settings.read", answers: { 200: attributeList }, codes: [],
    run: async ({ parts: { core } }) => ({ attributes: (await attributeDefinitions(core)).map(({ key, name, type, values, onCard }) => ({ key, name, type, ...(values === undefined ? {} : { values }), onCard: onCard === true })) }),
  }),
  adminCall({
    method: "GET", path: "/verbs", summary: "List what can be done with a conversation, in the words of every desk", about: "Settings", needs: "settings.read", answers: { 200: verbList }, codes: [],
    run: async () => ({ verbs: verbs.filter(({ needs }) => needs.conversation).map(({ name, aliases, usage, help, needs }) => ({ name, aliases: [...aliases], usage, help, administratorsOnly: needs.role === "administrator" })) }),
  }),
];
