/** Desks as connections: which channels they have, and how each stands, in words. */
import type { Core } from "../../core/core.ts";
import type { DeskTarget } from "../../core/model/types.ts";
import { isShut, isStreaming } from "../../core/ports.ts";
import { deskTroubleId, standingTroubles, type StandingTrouble } from "../../core/services/channel-trouble.ts";
import { allTargets, silentSince } from "../../core/services/inbox-settings.ts";
import type { State } from "../wire.ts";

export interface Connection { id: string; kind: string; identity: string; targets: DeskTarget[]; state: State }

async function stateOf(core: Core, kind: string, troubles: StandingTrouble[]): Promise<State> {
  const trouble = troubles.find(({ inboxId }) => inboxId === deskTroubleId(kind));
  if (trouble !== undefined) return { level: "fail", text: trouble.text, since: trouble.since.toISOString() };
  const desk = core.desks.get(kind);
  if (desk === undefined) return { level: "fail", text: "It could not be started; the server's log says why. Customers' lines wait here, nothing is lost.", since: null };
  if (isShut(desk)) return { level: "off", text: "Off, because another desk is connected. Nobody can work here; move what is left with /transfer.", since: null };
  if (!isStreaming(desk)) return { level: "ok", text: "Open.", since: null };
  const since = await silentSince(core, kind);
  return since === null
    ? { level: "ok", text: "Connected; lines go both ways.", since: null }
    : { level: "warn", text: "Not heard at the moment. It is tried again by itself; replies written there wait for it, for a minute at most.", since: since.toISOString() };
}

/** Oldest first; the targets of one connection stand together. */
export async function connectionsOf(core: Core): Promise<Connection[]> {
  const [targets, troubles] = await Promise.all([allTargets(core), standingTroubles(core)]);
  const byConnection = new Map<string, DeskTarget[]>();
  for (const target of targets.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime())) {
    const id = `${target.kind}:${target.identity}`;
    byConnection.set(id, [...(byConnection.get(id) ?? []), target]);
  }
  return Promise.all([...byConnection].map(async ([id, mine]) => {
    const { kind, identity } = mine[0]!;
    return { id, kind, identity, targets: mine, state: await stateOf(core, kind, troubles) };
  }));
}
