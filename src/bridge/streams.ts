/** Following desks whose events come over a connection: caught up with first, then counted as heard. */
import { catchUp } from "./catch-up.ts";
import type { Core } from "../core/core.ts";
import type { DeskKind } from "../core/model/types.ts";
import { isStreaming } from "../core/ports.ts";
import { holdStream, noteSilent } from "../core/services/desk-streams.ts";
import { forgetSettings, silentSince } from "../core/services/inbox-settings.ts";

const AGAIN_MS = 5_000;

/** What was missed while the connection stood: a place on the desk that could not be heard (`DeskHost.missed`). */
export async function readMissed(core: Core, kind: DeskKind, since: Date): Promise<number> {
  const desk = core.desks.get(kind);
  return desk !== undefined && isStreaming(desk) ? catchUp(core, desk, since) : 0;
}

/** On demand: every desk with a connection is compared, each by itself. Never rejects. */
export async function compareDesks(core: Core, since: Date): Promise<void> {
  await Promise.all([...core.desks.keys()].map((desk) => readMissed(core, desk, since)
    .catch((error: unknown) => core.log.warn({ err: error, desk }, "What people wrote on the desk could not be compared with what is stored. /health compare tries again."))));
}

/** Answers what a desk calls when its connection breaks or stands (`DeskHost.stream`). */
export function followStreams(core: Core): (desk: DeskKind, state: "up" | "down") => Promise<void> {
  /** `turn` rises with each call: what was begun for an earlier one says nothing about the connection as it is now. */
  interface Followed { turn: number; lastHeard: Date; release?: () => Promise<void>; again?: NodeJS.Timeout }
  const followed = new Map<DeskKind, Followed>();

  async function up(kind: DeskKind, entry: Followed, turn: number): Promise<void> {
    const desk = core.desks.get(kind);
    if (desk === undefined || !isStreaming(desk)) return;
    try {
      await catchUp(core, desk, entry.lastHeard);
      if (entry.turn !== turn) return;
      if (entry.release === undefined) {
        const release = await holdStream(core, kind);
        if (entry.turn === turn) entry.release = release;
        else await release();
      }
      forgetSettings(core);
    } catch (error) {
      core.log.warn({ err: error, desk: kind }, "What happened on the desk could not be read yet; replies written there wait, and it is tried again.");
      if (entry.turn === turn) entry.again = setTimeout(() => void up(kind, entry, turn), AGAIN_MS).unref();
    }
  }

  return async (kind, state) => {
    const known = followed.get(kind);
    const entry: Followed = known ?? { turn: 0, lastHeard: (await silentSince(core, kind)) ?? core.clock.now() };
    followed.set(kind, entry);
    const turn = ++entry.turn;
    clearTimeout(entry.again);
    if (state === "up") return up(kind, entry, turn);
    const { release } = entry;
    delete entry.release;
    if (release !== undefined) entry.lastHeard = core.clock.now();
    await (release ?? (() => noteSilent(core, kind)))();
    forgetSettings(core);
  };
}
