/** Desks: what is connected, how it stands, what is routed there, and *Test*. */
import { UserError } from "../../core/errors.ts";
import { allInboxes } from "../../core/services/inbox-settings.ts";
import { routingRules } from "../../core/services/routing.ts";
import { desks, type Desk } from "../wire.ts";
import type { AdminCall } from "./call.ts";
import { connectionsOf } from "./desk-state.ts";
import { runTest } from "./run-test.ts";

export const deskCalls: AdminCall[] = [
  {
    method: "GET", path: "/desks", summary: "List the desks with their channels, state and routing", about: "Admin", needs: "admin.read", answers: { 200: desks }, codes: [],
    async run({ parts: { core, tests } }) {
      const [connections, inboxes, rules] = await Promise.all([connectionsOf(core), allInboxes(core), routingRules(core)]);
      const shown: Desk[] = connections.map(({ id, kind, identity, state, targets }) => ({
        id, kind, identity, state, testable: tests.desks[kind] !== undefined,
        targets: targets.map(({ _id, name, channel }) => ({
          id: _id, name, channel, inboxes: inboxes.filter((inbox) => inbox.deskTargetId === _id).map((inbox) => inbox.name).sort(),
          rules: rules.flatMap(({ when, deskTargetId, moves }, i) => (deskTargetId === _id ? [{ place: i + 1, when, moves: moves === true }] : [])),
        })),
      }));
      return { desks: shown, rules: rules.length };
    },
  },
  {
    method: "POST", path: "/desks/:id/test", summary: "Look at a desk from outside: token, permissions and channels one by one", about: "Admin", needs: "admin.write", answers: { 200: "lines" }, codes: ["DESK_UNKNOWN", "TOO_MANY"],
    async run(incoming) {
      const { parts: { core, tests }, params } = incoming;
      const connection = (await connectionsOf(core)).find(({ id }) => id === params["id"]);
      const look = tests.desks[connection?.kind ?? ""];
      if (connection === undefined || look === undefined) throw new UserError("DESK_UNKNOWN", "There is no such desk to test. Load the list of desks again.");
      return runTest(incoming, `desk ${connection.id}`, connection.targets, look);
    },
  },
];
