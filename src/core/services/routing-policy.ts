/** Which policy gives out a conversation: its team's, else its inbox's. */
import type { Core } from "../core.ts";
import { MANUAL, type RoutingPolicy } from "../model/routing.ts";
import type { Conversation } from "../model/types.ts";
import { allInboxes, allTeams } from "./inbox-settings.ts";

export interface Policies {
  of(conversation: Pick<Conversation, "inboxId" | "teamId">): RoutingPolicy;
  /** Inboxes and teams whose conversations are given out by themselves. */
  inboxIds: string[];
  teamIds: string[];
  /** Teams whose people take what they want, whatever the inbox says. */
  manualTeamIds: string[];
}

const isManual = (policy: RoutingPolicy | undefined): boolean => policy === undefined || policy.mode === "manual";

export async function policiesOf(core: Core): Promise<Policies> {
  const [inboxes, teams] = await Promise.all([allInboxes(core), allTeams(core)]);
  const ofInbox = new Map(inboxes.map(({ _id, settings }) => [_id, settings.routing]));
  const ofTeam = new Map(teams.map(({ _id, routing }) => [_id, routing]));
  return {
    of: ({ inboxId, teamId }) => (teamId === undefined ? undefined : ofTeam.get(teamId)) ?? ofInbox.get(inboxId) ?? MANUAL,
    inboxIds: inboxes.filter(({ enabled, settings }) => enabled && !isManual(settings.routing)).map(({ _id }) => _id),
    teamIds: teams.filter(({ routing }) => !isManual(routing)).map(({ _id }) => _id),
    manualTeamIds: teams.filter(({ routing }) => routing?.mode === "manual").map(({ _id }) => _id),
  };
}
