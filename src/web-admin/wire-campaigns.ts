/** What the calls about campaigns take and answer, as schemas: they check, and the documentation is made from them. */
import { z } from "zod";
import { CAMPAIGN_STATES, RECIPIENT_STATES, SKIP_REASONS, type SkipReason } from "../core/model/campaigns.ts";
import { next, paging } from "./wire-api.ts";

const at = z.iso.datetime();
const reason = z.enum(Object.keys(SKIP_REASONS) as [SkipReason, ...SkipReason[]]);
const skipped = z.partialRecord(reason, z.int()).describe("By reason, how many are left out.");
const text = z.string().min(1).max(8_000);
const quiet = z.strictObject({ from: z.string().max(5), to: z.string().max(5) });
const template = z.strictObject({ name: z.string().min(1).max(512), language: z.string().min(1).max(20), values: z.record(z.string().max(100), z.string().max(2_000)).default({}).describe("By the template's fields, such as body:1; texts with variables.") });

const ongoing = z.strictObject({ page: z.string().max(500).default("").describe("* stands for anything; a page that begins with / is a path."), afterSeconds: z.int().min(0).max(3_600).default(0) });

const fields = {
  text: text.optional().describe("With variables such as {{contact.first_name}}; not where there is a template."), subject: z.string().max(300).optional().describe("Of a mail; with variables."), template: template.optional(),
  filter: z.string().max(2_000).optional().describe("Who it is for, in the filter language; empty: every contact."), sender: z.string().min(1).max(80).optional().describe("Who writes, in the customer's eyes; the inbox's name when left out."),
  consent: z.string().max(60).optional().describe("Key of a yes-no attribute: only who has it as yes is written to."), perMinute: z.int().min(1).max(6_000).optional().describe("300 when left out. The channel may allow less."),
  quiet: quiet.optional().describe("Nobody is written to between these times where they are, such as 21:00 to 08:00."), timeZone: z.string().max(60).optional().describe("Of whom nothing else tells; UTC when left out."), goalLabel: z.string().max(80).optional().describe("Conversations with this label count as won."),
  ongoing: ongoing.optional().describe("The website's chat: shown to each visitor once, on such pages, until it is ended."),
};
export const campaignBody = z.strictObject({ name: z.string().trim().min(1).max(80), inboxId: z.string().min(1).max(100), ...fields });
export const campaignChange = z.strictObject({ name: z.string().trim().min(1).max(80).optional(), inboxId: z.string().min(1).max(100).optional(), ...fields }).refine((given) => Object.keys(given).length > 0, "names nothing to change");

const shape = {
  id: z.string(), name: z.string(), inboxId: z.string(), state: z.enum(CAMPAIGN_STATES), text: z.string(), subject: z.string().nullable(), template: template.nullable(), filter: z.string().nullable(), rows: z.int().nullable().describe("Of the table that is its audience."),
  sender: z.string().nullable(), consent: z.string().nullable(), perMinute: z.int(), quiet: quiet.nullable(), timeZone: z.string(), goalLabel: z.string().nullable(), ongoing: ongoing.nullable(), startAt: at.nullable(), by: z.string(), createdAt: at, startedAt: at.nullable(), endedAt: at.nullable(),
};
export const campaignAnswer = z.strictObject(shape);
export const campaignList = z.strictObject({ campaigns: z.array(campaignAnswer), next });
export const campaignPage = z.strictObject(paging);
export const campaignReport = z.strictObject({
  ...shape, listed: z.boolean().describe("Whether the list of recipients is whole."), recipients: z.record(z.enum(RECIPIENT_STATES), z.int()).describe("How many are in each state now; replied counts no longer as read."), skipped,
  reached: z.int().describe("Sent, delivered, read or replied."), converted: z.int(), value: z.number(), won: z.int().nullable().describe("Conversations with the goal's label; null without a goal."),
});
export const campaignPreview = z.strictObject({
  looked: z.int().describe("Contacts, or rows, that were looked at."), whole: z.boolean().describe("False: there are more, and these counts are of the first."), recipients: z.int(), later: z.int().describe("Of these, who have quiet hours when it starts."), skipped,
  sample: z.array(z.strictObject({ contactId: z.string(), name: z.string(), address: z.string(), subject: z.string(), text: z.string(), later: at.nullable() })),
});
export const campaignTest = z.strictObject({ contactId: z.string().min(1).max(100).optional().describe("By mail, when left out: to the address of the agent who asks.") });
export const campaignTested = z.strictObject({ messageId: z.string() });
export const campaignStart = z.strictObject({ at: at.optional().describe("When it begins; now when left out.") });
export const recipientsQuery = z.strictObject({ ...paging, state: z.enum(RECIPIENT_STATES) });
export const recipientList = z.strictObject({
  recipients: z.array(z.strictObject({
    id: z.string(), contactId: z.string().nullable(), conversationId: z.string().nullable(), state: z.enum(RECIPIENT_STATES), why: reason.nullable(), error: z.strictObject({ code: z.string(), text: z.string() }).nullable(), dueAt: at.nullable(), sentAt: at.nullable(), repliedAt: at.nullable(), convertedAt: at.nullable(), value: z.number().nullable(),
  })), next,
});
export const conversionBody = z.strictObject({ contactId: z.string().min(1).max(100), value: z.number().min(-1e12).max(1e12).optional() });
export const conversionAnswer = z.strictObject({ counted: z.boolean().describe("False: this contact was not written to.") });
export const optOutPage = z.strictObject(paging);
export const optOutList = z.strictObject({ optOuts: z.array(z.strictObject({ id: z.string(), channel: z.string(), address: z.string().nullable().describe("Null once they were erased: then only its hash is known."), at, how: z.enum(["link", "keyword", "list"]), campaignId: z.string().nullable() })), next });
export const optOutBody = z.strictObject({ channel: z.string().min(1).max(40), address: z.string().trim().min(1).max(300) });
export const optOutAnswer = z.strictObject({ id: z.string(), news: z.boolean().describe("False: it was on the list already.") });
