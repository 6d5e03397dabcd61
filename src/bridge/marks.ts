/** Brings the marks on people's posts to what their messages say. What is due is data, so it outlives a stop; the newest come first. */
import type { Core } from "../core/core.ts";
import { DeskError } from "../core/errors.ts";
import { callWithin } from "../core/lanes/call.ts";
import type { Runner } from "../core/lanes/runner.ts";
import { retryDelayMs } from "../core/model/retry.ts";
import type { DeskKind, MarkName, MarkState, Message } from "../core/model/types.ts";
import { canMark, type MarkingDesk } from "../core/ports.ts";

/** A held mark is all that tells later of a reply that was not sent; the lock is worth less than what others need. */
const ORDER: readonly MarkState["want"][] = ["held", "none", "inside"];
/** Messages looked at in one pass, and side by side. */
const PAGE = 20;
const AT_ONCE = 4;
/** Beyond the end of a call (`limits.vendorCallMs`). */
const CLAIM_MARGIN_MS = 5_000;
/** So many failures in a row, and the desk has a rest, which doubles up to the longest. */
const FAILURES = 3;
const LONGEST_REST_MS = 30_000;

type Due = Pick<Message, "_id" | "origin" | "held"> & { mark: MarkState };
interface Rest { until: number; failures: number }

/** The work of the runner whose keys are desks. One look at the data while none of it can go costs no call. */
export function createMarks(core: Core, runner: () => Runner): (desk: DeskKind) => Promise<void> {
  const rests = new Map<string, Rest>();
  const now = (): number => core.clock.now().getTime();

  async function pass(desk: DeskKind, adapter: MarkingDesk, want: MarkState["want"]): Promise<void> {
    const key = `${desk} ${want}`;
    const rest = rests.get(key) ?? { until: 0, failures: 0 };
    rests.set(key, rest);
    if (rest.until > now()) return runner().kickAt(desk, rest.until - now());
    const at = core.clock.now();
    const due = await core.store.messages.find(
      { "origin.desk": desk, "mark.want": want, "mark.dueAt": { $lte: at }, $or: [{ "mark.claim": { $exists: false } }, { "mark.claim": { $lte: at } }] },
      { projection: { origin: 1, held: 1, mark: 1 } },
    ).sort({ "mark.dueAt": -1 }).limit(PAGE).toArray() as Due[];
    const next = due.values();
    const work = async (): Promise<void> => {
      for (const message of next) {
        if (rest.until > now()) return;
        const waitMs = await bring(adapter, message);
        rest.failures = waitMs === null ? 0 : rest.failures + 1;
        if (waitMs === null) continue;
        const restMs = waitMs.limited ?? (rest.failures < FAILURES ? 0 : Math.min(1_000 * 2 ** (rest.failures - FAILURES), LONGEST_REST_MS));
        if (restMs > 0) rest.until = now() + restMs;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (due.length === PAGE || rest.until > now()) runner().kickAt(desk, Math.max(0, rest.until - now()));
  }

  /** Null when its post shows what it should, or never will; else how it failed: the desk's wish for silence, if it had one. */
  async function bring(adapter: MarkingDesk, { _id, mark, origin, held }: Due): Promise<{ limited?: number } | null> {
    const { messages } = core.store;
    const { want } = mark;
    const claim = new Date(now() + core.limits.vendorCallMs * 2 + CLAIM_MARGIN_MS);
    const mine = { _id, "mark.claim": claim };
    const { modifiedCount } = await messages.updateOne(
      { _id, "mark.want": want, "mark.dueAt": mark.dueAt!, "mark.claim": mark.claim ?? { $exists: false } },
      { $set: { "mark.claim": claim }, ...(want === "none" ? {} : { $addToSet: { "mark.on": want } }) },
    );
    if (modifiedCount === 0) return null;
    const show = (name: MarkName, on: boolean): Promise<void> => callWithin(core.limits.vendorCallMs, (signal) => adapter.showMark(origin!.thread, origin!.postId, name, on, signal),
      () => new DeskError("TIMEOUT", "The desk did not answer in time.", { certain: false }));
    try {
      // What was marked before marks were kept with their messages bears at most the hand.
      for (const name of mark.on ?? (held === undefined ? [] : ["held" as const])) if (name !== want) await show(name, false);
      if (want !== "none") await show(want, true);
    } catch (error) {
      return failed(error, _id, mark, mine);
    }
    const done = await messages.updateOne({ ...mine, "mark.want": want }, want === "none" ? { $unset: { mark: "" } } : { $set: { "mark.on": [want], "mark.tries": 0 }, $unset: { "mark.claim": "", "mark.dueAt": "" } });
    if (done.matchedCount === 0) await messages.updateOne(mine, { $unset: { "mark.claim": "" } });
    return null;
  }

  async function failed(error: unknown, _id: string, mark: MarkState, mine: { _id: string; "mark.claim": Date }): Promise<{ limited?: number } | null> {
    const { messages } = core.store;
    if (error instanceof DeskError && error.o.refused === true) {
      core.log.debug({ err: error, messageId: _id }, "A mark on an agent's message was refused; it is left as it is.");
      await messages.updateOne(mine, { $unset: { mark: "" } });
      return null;
    }
    const limited = error instanceof DeskError && error.code === "RATE_LIMITED" ? error.o.retryAfterMs ?? 1_000 : undefined;
    if (limited === undefined) {
      if (!(error instanceof DeskError)) core.log.warn({ err: error, messageId: _id }, "A mark on an agent's message could not be changed; it is tried again.");
      await messages.updateOne({ ...mine, "mark.want": mark.want }, { $set: { "mark.dueAt": new Date(now() + retryDelayMs(mark.tries + 1)) }, $inc: { "mark.tries": 1 } });
    }
    await messages.updateOne(mine, { $unset: { "mark.claim": "" } });
    return limited === undefined ? {} : { limited };
  }

  return async (desk) => {
    const adapter = core.desks.get(desk);
    if (adapter === undefined || !canMark(adapter)) return;
    for (const want of ORDER) await pass(desk, adapter, want);
  };
}
