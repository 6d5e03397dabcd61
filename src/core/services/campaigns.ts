/** Campaigns as people set them up: made, tried, started, held up, ended. The work itself is `automation/campaigns`. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Campaign, CampaignState } from "../model/campaigns.ts";
import { newId } from "../model/ids.ts";
import { CLOCK_TIME, isZone } from "../model/quiet-hours.ts";
import type { Agent, Inbox } from "../model/types.ts";
import { hasTemplates, isThreading, isVisited } from "../ports.ts";
import type { ChannelAdapter, Clock } from "../ports.ts";
import { isDuplicateKey, type Store } from "../store/store.ts";
import { attributeDefinitions, definitionOf } from "./attributes.ts";
import { judge, segmentOf } from "./campaign-audience.ts";
import { placeAt, sayToOne, templateText } from "./campaign-line.ts";
import { recordAudit } from "./audit.ts";
import { inboxOf } from "./inbox-settings.ts";
import { allLabels } from "./label.ts";
import { checkTemplate } from "./template.ts";

const PER_MINUTE = 300;
export type CampaignInput = Pick<Campaign, "name" | "inboxId" | "subject" | "template" | "sender" | "consent" | "quiet" | "goalLabel" | "ongoing"> & Partial<Pick<Campaign, "text" | "perMinute" | "timeZone">> & { filter?: string | undefined };
type Optional<T> = { [K in keyof T]?: T[K] | undefined };

/** What is left out of `input` stays, or is the usual. @throws {UserError} with what is wrong, before anything is stored */
async function read(core: Core, input: Optional<CampaignInput>, was: Campaign | null): Promise<Pick<Campaign, "name" | "inboxId" | "text" | "audience" | "perMinute" | "timeZone"> & Partial<Campaign>> {
  const { filter, ...given } = { ...input };
  const all: Optional<Campaign> = { perMinute: PER_MINUTE, timeZone: "UTC", text: "", ...was, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
  const inbox = await inboxOf(core, all.inboxId ?? "");
  const adapter = adapterOf(core, inbox);
  if (isThreading(adapter)) {
    if ((all.subject ?? "").trim() === "") throw bad("A campaign by mail needs a subject.");
    if (core.publicUrl == null) throw new UserError("NOT_POSSIBLE", "Mails to many carry a link by which their receivers get off the list, and nobody told where this server is reached. Set PUBLIC_URL and start again.");
  }
  if (all.template !== undefined) {
    if (!hasTemplates(adapter)) throw bad("This channel has no templates, and needs none: give the text alone.");
    const { text, missing } = await templateText(core, inbox._id, all.template);
    if (missing.length > 0) throw bad(`The template ${all.template.name} needs these values as well: ${missing.join(", ")}.`);
    all.text = text;
  }
  if (all.ongoing !== undefined && !isVisited(adapter)) throw bad("Only the website's chat has visitors to whom something is shown on a page.");
  if (all.ongoing !== undefined && !("filter" in (was?.audience ?? { filter: "" }))) throw bad("What is shown on pages is for whom a filter says, not for a table.");
  if ((all.text ?? "").trim() === "") throw bad("A campaign needs a text.");
  for (const text of [all.text!, all.subject ?? "", ...Object.values(all.template?.values ?? {})]) {
    const [inline] = checkTemplate(text);
    if (inline !== undefined) throw new UserError("VARIABLE_UNKNOWN", `There is no variable {{${inline}}}. A campaign's text takes those of the contact, and inbox.name.`);
  }
  if (all.consent !== undefined && definitionOf(await attributeDefinitions(core), all.consent).type !== "yes-no") throw bad(`The attribute ${all.consent} is not yes or no, so it can't say who has agreed.`);
  if (all.quiet !== undefined && (![all.quiet.from, all.quiet.to].every((time) => CLOCK_TIME.test(time)) || all.quiet.from === all.quiet.to)) throw bad("Quiet hours go from one time to another, such as 21:00 to 08:00.");
  if (!isZone(all.timeZone!)) throw bad(`There is no time zone "${all.timeZone}". Write one such as Europe/Berlin.`);
  if (all.goalLabel !== undefined && !(await allLabels(core)).includes(all.goalLabel)) throw new UserError("LABEL_UNKNOWN", `There is no label "${all.goalLabel}".`);
  const audience = filter !== undefined ? { filter } : was?.audience ?? { filter: "" };
  if ("filter" in audience) await segmentOf(core, audience.filter);
  return { ...all, audience } as Campaign;
}

const bad = (message: string) => new UserError("BAD_TEXT", `${message} Nothing was stored.`);

/** @throws {UserError} NOT_POSSIBLE while the inbox is off */
export function adapterOf(core: Core, inbox: Inbox): ChannelAdapter {
  const adapter = core.channels.get(inbox._id);
  if (adapter === undefined || !inbox.enabled) throw new UserError("NOT_POSSIBLE", `The inbox ${inbox.name} is switched off or not connected.`);
  return adapter;
}

export async function createCampaign(core: Core, by: string, input: CampaignInput): Promise<Campaign> {
  const now = core.clock.now();
  const campaign: Campaign = { ...(await read(core, input, null)), _id: newId(now), state: "draft", startAt: null, listed: { after: "", rows: 0, done: false }, pacedAt: now, by, createdAt: now };
  try {
    await core.store.campaigns.insertOne(campaign);
  } catch (error) {
    if (isDuplicateKey(error, "name")) throw nameTaken(campaign.name);
    throw error;
  }
  return campaign;
}
const nameTaken = (name: string) => new UserError("NAME_TAKEN", `There is a campaign named ${name} already.`);

/** A draft alone. @throws {UserError} */
export async function changeCampaign(core: Core, campaign: Campaign, change: Optional<CampaignInput>): Promise<Campaign> {
  mustBe(campaign, "changed", "draft");
  const { _id, state: _state, ...set } = { ...campaign, ...(await read(core, change, campaign)) };
  try {
    const after = await core.store.campaigns.findOneAndUpdate({ _id, state: "draft" }, { $set: set }, { returnDocument: "after" });
    if (after === null) throw new UserError("TOO_LATE", "It was started or deleted meanwhile.");
    return after;
  } catch (error) {
    if (isDuplicateKey(error, "name")) throw nameTaken(set.name);
    throw error;
  }
}

/** @throws {UserError} NOT_POSSIBLE once it was started */
export async function deleteCampaign(core: Core, campaign: Campaign): Promise<void> {
  mustBe(campaign, "deleted", "draft");
  const { deletedCount } = await core.store.campaigns.deleteOne({ _id: campaign._id, state: "draft" });
  if (deletedCount === 1 && "fileId" in campaign.audience) await core.files.remove(campaign.audience.fileId);
}

function mustBe({ state, name }: Campaign, what: string, ...states: CampaignState[]): void {
  if (!states.includes(state)) throw new UserError("NOT_POSSIBLE", `The campaign ${name} is ${state}; only one that is ${states.join(" or ")} can be ${what}.`);
}

interface Deps { store: Store; clock: Clock; scheduler?: Core["scheduler"] }

async function move(deps: Deps, campaign: Campaign, by: string, act: string, from: CampaignState[], set: Partial<Campaign>): Promise<Campaign> {
  mustBe(campaign, act, ...from);
  const { store, clock, scheduler } = deps;
  const after = await store.campaigns.findOneAndUpdate({ _id: campaign._id, state: { $in: from } }, { $set: set, $unset: { claim: "", ...(set.dueAt === undefined ? { dueAt: "" as const } : {}) } }, { returnDocument: "after" });
  if (after === null) throw new UserError("TOO_LATE", `The campaign ${campaign.name} is not as it was a moment ago. Look again.`);
  await recordAudit({ store }, { _id: newId(clock.now()), at: clock.now(), by: { name: by }, act: `campaign.${act}`, facts: { campaign: campaign.name } });
  if (after.dueAt !== undefined) scheduler?.wakeAt("campaign", after.dueAt);
  return after;
}

/** Who it is for is told when it begins, at `at` (now: null). @throws {UserError} NOT_POSSIBLE */
export async function startCampaign(core: Core, campaign: Campaign, by: string, at: Date | null): Promise<Campaign> {
  const now = core.clock.now();
  await read(core, {}, campaign);
  return move(core, campaign, by, "started", ["draft"], campaign.ongoing !== undefined && at === null ? { state: "running", startedAt: now } : { state: "scheduled", startAt: at, dueAt: at ?? now, pacedAt: at ?? now });
}

/** What is with the delivery lane already still goes: a few messages. */
export const pauseCampaign = (deps: Deps, campaign: Campaign, by: string): Promise<Campaign> => move(deps, campaign, by, "paused", ["scheduled", "running"], { state: "paused" });

export function resumeCampaign(deps: Deps, campaign: Campaign, by: string): Promise<Campaign> {
  const now = deps.clock.now();
  const waits = campaign.startAt !== null && campaign.startAt > now && campaign.startedAt === undefined;
  return move(deps, campaign, by, "resumed", ["paused"], { state: waits ? "scheduled" : "running", ...(waits ? { dueAt: campaign.startAt! } : campaign.ongoing === undefined ? { dueAt: now } : {}), pacedAt: now });
}

/** For good. What the delivery lane has not taken up is taken back. */
export async function cancelCampaign(deps: Deps, campaign: Campaign, by: string): Promise<Campaign> {
  const { store, clock } = deps;
  const after = await move(deps, campaign, by, "cancelled", ["scheduled", "running", "paused"], { state: "cancelled", endedAt: clock.now() });
  const going = await store.campaignRecipients.find({ campaignId: campaign._id, state: "sending" }, { projection: { messageId: 1 } }).toArray();
  for (const { messageId } of going) {
    if (messageId !== undefined) await store.messages.updateOne({ _id: messageId, "delivery.state": "queued" }, { $set: { "delivery.state": "cancelled", "mirror.dueAt": clock.now() }, $unset: { "delivery.dueAt": "" } });
  }
  return after;
}

/** To one person, now, whatever the audience: a contact by id, or by mail whoever asks. @throws {UserError} NOT_POSSIBLE with why they can't be reached */
export async function testCampaign(core: Core, campaign: Campaign, to: { contactId: string } | { agent: Agent }): Promise<string> {
  const inbox = await inboxOf(core, campaign.inboxId);
  const adapter = adapterOf(core, inbox);
  const contact = "contactId" in to ? await core.store.contacts.findOne({ _id: to.contactId, mergedInto: { $exists: false } }) : isThreading(adapter) ? await contactOf(core, inbox, to.agent) : null;
  if (contact === null) throw new UserError("NOT_FOUND", "There is no such contact. On this channel a test goes to a contact: write to the inbox yourself, and name that contact.");
  const { consent: _consent, ...anybody } = campaign;
  const [judged] = await judge(core, anybody, inbox, [contact]);
  if (judged?.text === undefined) throw new UserError("NOT_POSSIBLE", `The test was not sent: ${judged?.skip === "text" ? "the text needs something that is not known of this contact" : `this contact can't be written to (${judged?.skip ?? "unknown"})`}.`);
  const message = await sayToOne(core, { campaign, inbox, judged, recipientId: null, source: `campaign-test:${campaign._id}:${newId(core.clock.now())}` });
  if (message === "taken") throw new UserError("NOT_POSSIBLE", "The test was not sent: this address is another contact's.");
  return message._id;
}

/** An agent as a customer of their own inbox. */
async function contactOf(core: Core, inbox: Inbox, agent: Agent) {
  const address = agent.email.toLowerCase();
  if (address === "") return null;
  const there = await core.store.identities.findOne({ inboxId: inbox._id, address });
  if (there !== null) return core.store.contacts.findOne({ _id: there.contactId });
  const now = core.clock.now();
  const contact = { _id: newId(now), name: agent.name, email: address, anonymous: false, createdAt: now };
  await core.store.contacts.insertOne(contact);
  await placeAt(core, inbox, address, contact);
  return contact;
}
