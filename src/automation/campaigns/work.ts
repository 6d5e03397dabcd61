/** Drives campaigns that are due: each is claimed by whoever takes it up, does one bounded step, and says when it is due again. */
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import type { Campaign } from "../../core/model/campaigns.ts";
import { newId } from "../../core/model/ids.ts";
import type { Inbox } from "../../core/model/types.ts";
import { adapterOf } from "../../core/services/campaigns.ts";
import { createTableReader } from "../../core/services/campaign-table.ts";
import { inboxOf } from "../../core/services/inbox-settings.ts";
import { perOwner } from "../../core/store/together.ts";
import { listPage } from "./list.ts";
import { sendDue } from "./send.ts";

/** Who carries a step out is heard of within this time. */
const CLAIM_MS = 60_000;
const STEP_MS = 1_000;
/** What can't go on now is looked at again then. */
const WAIT_MS = 10_000;
/** A list is made so long in one step; then others have their turn. */
const LIST_MS = 400;
const BATCH = 50;
/** Messages of one campaign that may be with the delivery lane at once: fewer than the slots that one inbox has there, so a reply never waits for them. */
const IN_FLIGHT = 32;
/** Messages that the pace may catch up with in one step, in milliseconds of it. */
const BURST_MS = 2 * STEP_MS;
const BULK_PER_MINUTE = 1_200;

const tables = perOwner(createTableReader);

/** Answers how many campaigns were due, and when the next is. */
export async function workCampaigns(core: Core): Promise<{ due: number; next: Date | null }> {
  const { campaigns } = core.store;
  const due = await campaigns.find({ dueAt: { $lte: core.clock.now() } }).sort({ dueAt: 1 }).limit(BATCH).toArray();
  const sharing = await campaigns.find({ dueAt: { $exists: true }, state: "running" }, { projection: { inboxId: 1 } }).sort({ dueAt: 1 }).limit(BATCH).toArray();
  for (const seen of due) await takeUp(core, seen, Math.max(1, sharing.filter(({ inboxId }) => inboxId === seen.inboxId).length));
  const next = await campaigns.find({ dueAt: { $exists: true } }, { projection: { dueAt: 1 } }).sort({ dueAt: 1 }).limit(1).next();
  return { due: due.length, next: next?.dueAt ?? null };
}

async function takeUp(core: Core, seen: Campaign, sharing: number): Promise<void> {
  const { campaigns } = core.store;
  const now = core.clock.now(), claim = newId(now);
  const mine = await campaigns.findOneAndUpdate(
    { _id: seen._id, dueAt: seen.dueAt!, state: { $in: ["scheduled", "running"] } },
    { $set: { dueAt: new Date(now.getTime() + CLAIM_MS), claim, state: "running", ...(seen.startedAt === undefined ? { startedAt: now } : {}) } }, { returnDocument: "after" },
  );
  if (mine === null) return;
  const { _id } = mine;
  const goesOn = async () => (await campaigns.updateOne({ _id, claim, state: "running" }, { $set: { dueAt: new Date(core.clock.now().getTime() + CLAIM_MS) } })).matchedCount > 0;
  let set: Partial<Campaign> = { dueAt: new Date(core.clock.now().getTime() + WAIT_MS) };
  try {
    // whoever comes by is shown it from now on: nothing is left to do here
    if (mine.ongoing !== undefined) return void (await campaigns.updateOne({ _id, claim }, { $unset: { claim: "", dueAt: "" } }));
    const inbox = await inboxOf(core, mine.inboxId);
    const adapter = adapterOf(core, inbox);
    const most = core.limits.rateLimits ? (adapter.bulkPerMinute ?? BULK_PER_MINUTE) / sharing : Infinity;
    set = mine.listed.done ? await send(core, mine, inbox, Math.min(mine.perMinute, most), goesOn) : { listed: await list(core, mine, inbox), dueAt: core.clock.now() };
  } catch (error) {
    core.log[error instanceof UserError ? "warn" : "error"]({ err: error, campaignId: _id }, "A campaign could not go on; it is tried again in a moment.");
  }
  const { dueAt, ...rest } = set;
  await campaigns.updateOne({ _id, claim }, { $set: { ...rest, ...(dueAt === undefined ? {} : { dueAt }) }, $unset: { claim: "", ...(dueAt === undefined ? { dueAt: "" as const } : {}) } });
}

async function list(core: Core, campaign: Campaign, inbox: Inbox): Promise<Campaign["listed"]> {
  const until = performance.now() + LIST_MS;
  let { listed } = campaign;
  do listed = await listPage(core, tables(core), { ...campaign, listed }, inbox); while (!listed.done && performance.now() < until);
  return listed;
}

/** As many as the pace and the lane have room for. What is set of the campaign then; without `dueAt` it has ended. */
async function send(core: Core, campaign: Campaign, inbox: Inbox, perMinute: number, goesOn: () => Promise<boolean>): Promise<Partial<Campaign>> {
  const { campaignRecipients } = core.store;
  const { _id: campaignId } = campaign;
  const now = core.clock.now().getTime(), everyMs = 60_000 / perMinute;
  const going = await campaignRecipients.countDocuments({ campaignId, state: "sending" }, { limit: IN_FLIGHT });
  const from = Math.max(campaign.pacedAt.getTime(), now - BURST_MS);
  const room = Math.min(Math.floor((now - from) / everyMs) + (campaign.pacedAt.getTime() <= now ? 1 : 0), IN_FLIGHT - going);
  const { sent, more } = room > 0 ? await sendDue(core, campaign, inbox, room, goesOn) : { sent: 0, more: true };
  const pacedAt = new Date(from + sent * everyMs);
  if (more) return { pacedAt, dueAt: new Date(now + (going >= IN_FLIGHT ? STEP_MS : Math.max(STEP_MS, Math.min(everyMs, WAIT_MS)))) };
  const next = await campaignRecipients.find({ campaignId, dueAt: { $exists: true } }, { projection: { dueAt: 1 } }).sort({ dueAt: 1 }).limit(1).next();
  if (next?.dueAt !== undefined) return { pacedAt, dueAt: next.dueAt };
  return sent > 0 || going > 0 ? { pacedAt, dueAt: new Date(now + 5 * STEP_MS) } : { state: "done", endedAt: core.clock.now() };
}
