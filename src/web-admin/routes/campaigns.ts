/** Campaigns: listed, made, changed, looked at before and after. */
import { Readable } from "node:stream";
import { UserError } from "../../core/errors.ts";
import type { Campaign } from "../../core/model/campaigns.ts";
import { changeCampaign, createCampaign, deleteCampaign } from "../../core/services/campaigns.ts";
import { listRecipients, previewCampaign, reportCampaign } from "../../core/services/campaign-report.ts";
import { keepTable } from "../../core/services/campaign-table.ts";
import { actorOf } from "../auth/caller.ts";
import { campaignAnswer, campaignBody, campaignChange, campaignList, campaignPage, campaignPreview, campaignReport, recipientList, recipientsQuery } from "../wire-campaigns.ts";
import { adminCall, iso, isoOrNull, type AdminCall, type Incoming } from "./call.ts";

const PAGE = 50;
type Asked = Pick<Incoming<unknown, unknown>, "parts" | "params" | "caller">;

/** It may reach every contact. @throws {UserError} NOT_ALLOWED */
export function mustSeeAll({ parts: { core }, caller }: Pick<Asked, "parts" | "caller">): void {
  if (actorOf(caller, core.clock.now()).inboxIds !== "all") throw new UserError("NOT_ALLOWED", "Campaigns take sight of all inboxes. Ask an administrator.");
}

/** @throws {UserError} NOT_FOUND */
export async function campaignOf(asked: Asked): Promise<Campaign> {
  mustSeeAll(asked);
  const campaign = await asked.parts.core.store.campaigns.findOne({ _id: asked.params["id"]! });
  if (campaign === null) throw new UserError("NOT_FOUND", "There is no such campaign.");
  return campaign;
}

export const showCampaign = (campaign: Campaign) => {
  const { _id, name, inboxId, state, text, subject, template, audience, sender, consent, perMinute, quiet, timeZone, goalLabel, ongoing, startAt, by, createdAt, startedAt, endedAt } = campaign;
  return {
    id: _id, name, inboxId, state, text, subject: subject ?? null, template: template ?? null, filter: "filter" in audience ? audience.filter : null, rows: "rows" in audience ? audience.rows : null, sender: sender ?? null, consent: consent ?? null,
    perMinute, quiet: quiet ?? null, timeZone, goalLabel: goalLabel ?? null, ongoing: ongoing ?? null, startAt: isoOrNull(startAt), by, createdAt: iso(createdAt), startedAt: isoOrNull(startedAt), endedAt: isoOrNull(endedAt),
  };
};

const given = <T extends object>(body: T) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
const WRONG = ["BAD_TEXT", "BAD_FILTER", "VARIABLE_UNKNOWN", "TEMPLATE_BROKEN", "INBOX_UNKNOWN", "LABEL_UNKNOWN", "ATTRIBUTE_UNKNOWN", "NAME_TAKEN", "NOT_POSSIBLE"] as const;

export const campaignCalls: AdminCall[] = [
  adminCall({
    method: "GET", path: "/campaigns", summary: "List campaigns, newest first", about: "Campaigns", needs: "campaigns.read", query: campaignPage, answers: { 200: campaignList }, codes: [],
    async run(incoming) {
      const { parts: { core }, query: { limit = PAGE, cursor } } = incoming;
      mustSeeAll(incoming);
      const found = await core.store.campaigns.find(cursor === undefined ? {} : { _id: { $lt: cursor } }).sort({ _id: -1 }).limit(limit + 1).toArray();
      return { campaigns: found.slice(0, limit).map(showCampaign), next: found.length > limit ? found[limit - 1]!._id : null };
    },
  }),
  adminCall({
    method: "POST", path: "/campaigns", summary: "Make a draft of a campaign", about: "Campaigns", needs: "campaigns.write", body: campaignBody, answers: { 201: campaignAnswer }, codes: WRONG,
    async run(incoming) { mustSeeAll(incoming); return showCampaign(await createCampaign(incoming.parts.core, incoming.caller.name, given(incoming.body))); },
  }),
  adminCall({
    method: "GET", path: "/campaigns/:id", summary: "Show a campaign with what became of its messages", about: "Campaigns", needs: "campaigns.read", answers: { 200: campaignReport }, codes: ["NOT_FOUND"],
    async run(incoming) {
      const campaign = await campaignOf(incoming);
      const { states, ...rest } = await reportCampaign(incoming.parts.core.store, campaign);
      return { ...showCampaign(campaign), listed: campaign.listed.done, recipients: states, reached: states.sent + states.delivered + states.read + states.replied, ...rest };
    },
  }),
  adminCall({
    method: "PATCH", path: "/campaigns/:id", summary: "Change a draft", about: "Campaigns", needs: "campaigns.write", body: campaignChange, answers: { 200: campaignAnswer }, codes: ["NOT_FOUND", "TOO_LATE", ...WRONG],
    run: async (incoming) => showCampaign(await changeCampaign(incoming.parts.core, await campaignOf(incoming), incoming.body)),
  }),
  adminCall({
    method: "DELETE", path: "/campaigns/:id", summary: "Delete a draft", about: "Campaigns", needs: "campaigns.write", answers: { 204: "nothing" }, codes: ["NOT_FOUND", "NOT_POSSIBLE"],
    run: async (incoming) => deleteCampaign(incoming.parts.core, await campaignOf(incoming)),
  }),
  adminCall({
    method: "PUT", path: "/campaigns/:id/audience", summary: "Say whom a draft is for by a CSV table, 20 MB at most", about: "Campaigns", needs: "campaigns.write", upload: "csv", answers: { 200: campaignAnswer }, codes: ["NOT_FOUND", "NOT_POSSIBLE", "BAD_TEXT", "TOO_LATE", "FILE_INFECTED", "FILE_NOT_SCANNED"],
    async run(incoming) {
      const { parts: { core }, request } = incoming;
      const campaign = await campaignOf(incoming);
      if (!(request.body instanceof Readable)) throw new UserError("WRONG_TYPE", "A table comes as content-type: text/csv, as it is. Send it so.");
      if (campaign.state !== "draft") throw new UserError("NOT_POSSIBLE", "It was started: its audience can't be changed any more.");
      const audience = await keepTable(core, campaign._id, request.body);
      const before = await core.store.campaigns.findOneAndUpdate({ _id: campaign._id, state: "draft" }, { $set: { audience } }, { returnDocument: "before" });
      if (before === null) { await core.files.remove(audience.fileId); throw new UserError("TOO_LATE", "It was started or deleted meanwhile."); }
      if ("fileId" in before.audience) await core.files.remove(before.audience.fileId);
      return showCampaign({ ...before, audience });
    },
  }),
  adminCall({
    method: "POST", path: "/campaigns/:id/preview", summary: "Say who would get it, how it reads, and who is left out and why", about: "Campaigns", needs: "campaigns.read", answers: { 200: campaignPreview }, codes: ["NOT_FOUND", "NOT_POSSIBLE", "BAD_FILTER"],
    async run(incoming) {
      const { sample, ...rest } = await previewCampaign(incoming.parts.core, await campaignOf(incoming));
      return { ...rest, sample: sample.map((one) => ({ ...one, later: isoOrNull(one.later) })) };
    },
  }),
  adminCall({
    method: "GET", path: "/campaigns/:id/recipients", summary: "List a campaign's recipients in one state", about: "Campaigns", needs: "campaigns.read", query: recipientsQuery, answers: { 200: recipientList }, codes: ["NOT_FOUND"],
    async run(incoming) {
      const { limit = PAGE, cursor, state } = incoming.query;
      const found = await listRecipients(incoming.parts.core.store, await campaignOf(incoming), state, { after: cursor, limit: limit + 1 });
      const recipients = found.slice(0, limit).map(({ _id, contactId, conversationId, why, error, dueAt, sentAt, repliedAt, convertedAt, value, ...one }) => ({
        id: _id, contactId: contactId ?? null, conversationId: conversationId ?? null, state: one.state, why: why ?? null, error: error ?? null, dueAt: isoOrNull(dueAt), sentAt: isoOrNull(sentAt), repliedAt: isoOrNull(repliedAt), convertedAt: isoOrNull(convertedAt), value: value ?? null,
      }));
      return { recipients, next: found.length > limit ? recipients.at(-1)!.id : null };
    },
  }),
];
