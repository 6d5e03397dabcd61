/** One campaign's line to one customer: stored like any other, queued, and delivered by the lane that delivers all. */
import type { Core } from "../core.ts";
import type { Campaign, CampaignLine } from "../model/campaigns.ts";
import { draftMessage } from "../model/draft.ts";
import { newId } from "../model/ids.ts";
import type { Contact, ContactIdentity, Conversation, Inbox, Message } from "../model/types.ts";
import { isThreading } from "../ports.ts";
import { holderOf } from "../store/look-together.ts";
import { isDuplicateKey } from "../store/store.ts";
import { appendAndApply } from "./apply.ts";
import type { Judged } from "./campaign-audience.ts";
import { conversationForNextLine } from "./find-conversation.ts";
import { optOutId, unsubscribeToken } from "./opt-out.ts";
import { renderTemplate, templateNamed, templatesFor } from "./templates.ts";

export interface LineInput { campaign: Campaign; inbox: Inbox; judged: Judged; /** Null: a test. */ recipientId: string | null; /** Unique: a repeat says nothing twice. */ source: string }

/** "taken": somebody else has this address. A repeat of the same `source` answers the first, but for a mail may leave an empty conversation: look for it before. */
export async function sayToOne(core: Core, { campaign, inbox, judged, recipientId, source }: LineInput): Promise<Message | "taken"> {
  const { contact, address, text } = judged;
  const identity = judged.identity ?? (await placeAt(core, inbox, address!, contact));
  if (identity === null) return "taken";
  const adapter = core.channels.get(inbox._id);
  const mails = adapter !== undefined && isThreading(adapter);
  const holder = await holderOf(core, identity._id);
  const conversation = await conversationForNextLine(core, inbox, identity, contact.name === "" ? {} : { name: contact.name }, holder, mails ? "new" : undefined, text!.subject, "resolved");
  const quiet = conversation.status === "resolved";
  const line: CampaignLine = {
    id: campaign._id, ...(recipientId === null ? {} : { recipientId }), ...(quiet ? { quiet: true } : {}),
    ...(mails ? { mail: { subject: text!.subject, unsubscribe: `${(core.publicUrl ?? "").replace(/\/$/, "")}/unsubscribe/${unsubscribeToken(core, optOutId(inbox.channel, identity.address), recipientId)}` } } : {}),
  };
  const message = await append(core, { conversation, inbox, campaign, text: text!, line, source });
  for (const lane of quiet ? ["delivery"] as const : ["mirror", "delivery"] as const) core.bus.publish({ type: "lane.due", lane, conversationId: conversation._id });
  return message;
}

async function append(core: Core, { conversation, inbox, campaign, text, line, source }: { conversation: Conversation; inbox: Inbox; campaign: Campaign; text: NonNullable<Judged["text"]>; line: CampaignLine; source: string }): Promise<Message> {
  const now = core.clock.now();
  const { template } = campaign;
  const { message, duplicate } = await appendAndApply(core, conversation, (seq) => {
    const draft = draftMessage({ id: newId(now), conversationId: conversation._id, inboxId: inbox._id, identityId: conversation.identityId, kind: "outgoing", source, author: { type: "bot", name: campaign.sender ?? inbox.name }, body: text.body, files: [], now, seq });
    return {
      ...draft, campaign: line, ...(template === undefined ? {} : { template: { name: template.name, language: template.language, values: text.values } }),
      mirror: { ...draft.mirror, ...(line.quiet === true ? {} : { state: "queued" as const, dueAt: now }) }, delivery: { ...draft.delivery, state: "queued", dueAt: now },
    };
  }, false);
  if (!duplicate) core.bus.publish({ type: "message.stored", conversationId: conversation._id, messageId: message._id });
  return message;
}

/** Whom we write to first gets a place there; null when it is another's. */
export async function placeAt(core: Core, inbox: Inbox, address: string, contact: Pick<Contact, "_id">): Promise<ContactIdentity | null> {
  const now = core.clock.now();
  const identity: ContactIdentity = { _id: newId(now), inboxId: inbox._id, address, contactId: contact._id, createdAt: now };
  try {
    await core.store.identities.insertOne(identity);
    return identity;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const there = await core.store.identities.findOne({ inboxId: inbox._id, address });
    return there?.contactId === contact._id ? there : null;
  }
}

/** How a template reads with a campaign's values put in for its places. @throws {UserError} NOT_FOUND, NOT_POSSIBLE */
export async function templateText(core: Core, inboxId: string, { name, language, values }: NonNullable<Campaign["template"]>): Promise<{ text: string; missing: string[] }> {
  const template = templateNamed(await templatesFor(core, { inboxId }), `${name}/${language}`);
  return { text: renderTemplate(template, values), missing: template.fields.filter(({ key }) => (values[key] ?? "") === "").map(({ key, label }) => `${key} (${label})`) };
}
