/** Campaigns: tried, started, held up, ended; what they brought; and who wants none. */
import { UserError } from "../../core/errors.ts";
import { cancelCampaign, pauseCampaign, resumeCampaign, startCampaign, testCampaign } from "../../core/services/campaigns.ts";
import { recordConversion } from "../../core/services/campaign-report.ts";
import { optOut, optOutId } from "../../core/services/opt-out.ts";
import { actorOf } from "../auth/caller.ts";
import { campaignAnswer, campaignStart, campaignTest, campaignTested, conversionAnswer, conversionBody, optOutAnswer, optOutBody, optOutList, optOutPage } from "../wire-campaigns.ts";
import { adminCall, iso, type AdminCall } from "./call.ts";
import { campaignOf, mustSeeAll, showCampaign } from "./campaigns.ts";

const PAGE = 50;
const MOVES = [["pause", "Hold a campaign up: nobody more is taken up", pauseCampaign], ["resume", "Go on with a campaign that was held up", resumeCampaign], ["cancel", "End a campaign for good", cancelCampaign]] as const;

/** `<time>.<id>` of the last on the page. */
const readCursor = (cursor: string | undefined) => {
  const [, ms, id] = /^(\d{1,15})\.(.{1,300})$/.exec(cursor ?? "") ?? [];
  if (cursor !== undefined && id === undefined) throw new UserError("BAD_QUERY", "This cursor is none of ours. Begin the list anew, without one.", [{ path: "cursor", message: "can't be read" }]);
  return id === undefined ? {} : { at: { $lte: new Date(Number(ms)) }, $or: [{ at: { $lt: new Date(Number(ms)) } }, { _id: { $lt: id } }] };
};

export const campaignActCalls: AdminCall[] = [
  adminCall({
    method: "POST", path: "/campaigns/:id/test", summary: "Send it to one contact, or by mail to yourself", about: "Campaigns", needs: "campaigns.write", body: campaignTest, answers: { 201: campaignTested }, codes: ["NOT_FOUND", "NOT_POSSIBLE"],
    async run(incoming) {
      const { parts: { core }, body, caller } = incoming;
      const campaign = await campaignOf(incoming);
      return { messageId: await testCampaign(core, campaign, body.contactId === undefined ? { agent: actorOf(caller, core.clock.now()) } : { contactId: body.contactId }) };
    },
  }),
  adminCall({
    method: "POST", path: "/campaigns/:id/start", summary: "Start a draft, now or at a time", about: "Campaigns", needs: "campaigns.write", body: campaignStart, answers: { 200: campaignAnswer }, codes: ["NOT_FOUND", "NOT_POSSIBLE", "TOO_LATE", "BAD_TIME", "BAD_TEXT", "BAD_FILTER"],
    async run(incoming) {
      const { parts: { core }, body, caller } = incoming;
      const at = body.at === undefined ? null : new Date(body.at);
      const campaign = await campaignOf(incoming);
      if (at !== null && at <= core.clock.now()) throw new UserError("BAD_TIME", "This time is over. Name one to come, or none to start now.");
      return showCampaign(await startCampaign(core, campaign, caller.name, at));
    },
  }),
  ...MOVES.map(([path, summary, act]) => adminCall({
    method: "POST", path: `/campaigns/:id/${path}`, summary, about: "Campaigns", needs: "campaigns.write", answers: { 200: campaignAnswer }, codes: ["NOT_FOUND", "NOT_POSSIBLE", "TOO_LATE"],
    run: async (incoming) => showCampaign(await act(incoming.parts.core, await campaignOf(incoming), incoming.caller.name)),
  })),
  adminCall({
    method: "POST", path: "/campaigns/:id/conversions", summary: "Say that a contact did what the campaign was for; the first time counts", about: "Campaigns", needs: "campaigns.write", body: conversionBody, answers: { 200: conversionAnswer }, codes: ["NOT_FOUND"],
    async run(incoming) {
      const { parts: { core }, body } = incoming;
      return { counted: await recordConversion(core, await campaignOf(incoming), body.contactId, { at: core.clock.now(), value: body.value }) };
    },
  }),
  adminCall({
    method: "GET", path: "/opt-outs", summary: "List who wants no campaigns, newest first", about: "Campaigns", needs: "campaigns.read", query: optOutPage, answers: { 200: optOutList }, codes: [],
    async run(incoming) {
      const { parts: { core }, query: { limit = PAGE, cursor } } = incoming;
      mustSeeAll(incoming);
      const found = await core.store.optOuts.find(readCursor(cursor)).sort({ at: -1, _id: -1 }).limit(limit + 1).toArray();
      const page = found.slice(0, limit), last = page.at(-1);
      return { optOuts: page.map(({ _id, channel, address, at, how, campaignId }) => ({ id: _id, channel, address: address ?? null, at: iso(at), how, campaignId: campaignId ?? null })), next: found.length > limit && last !== undefined ? `${last.at.getTime()}.${last._id}` : null };
    },
  }),
  adminCall({
    method: "POST", path: "/opt-outs", summary: "Put an address on the list of who wants no campaigns", about: "Campaigns", needs: "campaigns.write", body: optOutBody, answers: { 201: optOutAnswer }, codes: [],
    async run(incoming) {
      mustSeeAll(incoming);
      const { channel, address } = incoming.body;
      return { id: optOutId(channel, address), news: await optOut(incoming.parts.core, { channel, address, how: "list" }) };
    },
  }),
  adminCall({
    method: "DELETE", path: "/opt-outs/:id", summary: "Take an address off that list", about: "Campaigns", needs: "campaigns.write", answers: { 204: "nothing" }, codes: ["NOT_FOUND"],
    async run(incoming) {
      mustSeeAll(incoming);
      const { deletedCount } = await incoming.parts.core.store.optOuts.deleteOne({ _id: incoming.params["id"]! });
      if (deletedCount === 0) throw new UserError("NOT_FOUND", "This address is not on the list.");
    },
  }),
];
