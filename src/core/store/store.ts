/** Opens the connection and hands out one typed collection per noun. Hot paths use collection operations, not documents. */
import mongoose from "mongoose";
import type { Rule, RuleRun, RuleWaiting } from "../model/rules.ts";
import type { HoursCalendar } from "../model/calendar.ts";
import type { SlaRecord } from "../model/sla.ts";
import type { StoredTelling } from "../model/tellings.ts";
import type { ContinuityMail } from "../model/continuity-mail.ts";
import type { Collection, Db } from "mongodb";
import type {
  Agent, CannedResponse, Contact, ContactIdentity, Conversation, DeskTarget, Erasure, Inbox, Label, Macro, Merge, Message, StoredDeskEvent, Team, Thread,
} from "../model/types.ts";
import type { Later } from "../model/later.ts";
import type { Survey } from "../model/care.ts";
import type { Campaign, CampaignRecipient, OptOut } from "../model/campaigns.ts";
import type { Webhook, WebhookDelivery } from "../model/webhooks.ts";
import type { InboundEvent } from "../ports.ts";
import { collectionIndexes } from "./indexes.ts";

/** Small documents that are one of a kind: paused delivery, the secret's check value. */
export interface Setting { _id: string; value: unknown; at: Date }
/** A lease on something that only one process may do: a poller, a router. */
export interface ProcessLease { _id: string; holder: string; token: number; until: Date }

/** A customer's edit or deletion whose message is not there yet. */
export interface EarlyChange {
  /** What happened, by the vendor's own key. */
  _id: string;
  /** Of the message that it is about. */
  source: string;
  event: Extract<InboundEvent, { type: "edit" | "delete" }>;
  keptAt: Date;
  lookAt: Date;
  expiresAt: Date;
}

/** A call to a program of the administrator's, with its newest tries. */
export interface LoggedCall {
  /** `<inbox>/<id of the call>`. */
  _id: string;
  /** The inbox, or the webhook, whose program it is. */
  inboxId: string;
  /** Whose words may stand in it. */
  conversationId?: string;
  event: string;
  /** As it was sent last. */
  body: string;
  /** First try. */
  at: Date;
  tries: number;
  taken: boolean;
  attempts: { at: Date; ms: number; status: number | null; fault: string | null }[];
}

/** What was done to a person's data, or to who may reach it, by whom. Holds no personal data of theirs. */
export interface AuditEntry { _id: string; at: Date; by: { id?: string; name: string }; act: string; contactId?: string; facts: Record<string, string | number | string[]> }

/** A table of contacts that is being brought in. */
export interface ContactImport {
  _id: string;
  by: string;
  at: Date;
  /** Of the table, until it has ended. */
  fileId: string;
  bytes: number;
  dryRun: boolean;
  state: "doing" | "done" | "failed";
  /** Set while something is left to do, as a claim while somebody does it; indexed. */
  dueAt?: Date;
  tries: number;
  rows: number;
  /** Share of the table, 0 to 1. */
  share: number;
  counts: { made: number; changed: number; same: number; refused: number };
  /** Why it failed, in words. */
  error?: string;
  endedAt?: Date;
}
export interface ContactRefusal { _id: string; importId: string; line: number; reason: string; cells: string[]; at: Date }

/** What a call of the API was answered under a key of its sender's, so that a repeat gets the same. */
export interface KeptAnswer {
  /** `<caller>/<key>`. */
  _id: string;
  /** Hash of what was asked. */
  request: string;
  at: Date;
  state: "doing" | "done";
  status?: number;
  body?: string;
  /** Whom the answer tells of. */
  contactId?: string;
}

export interface Store {
  readonly db: Db;
  readonly inboxes: Collection<Inbox>;
  readonly deskTargets: Collection<DeskTarget>;
  readonly agents: Collection<Agent>;
  readonly teams: Collection<Team>;
  readonly labels: Collection<Label>;
  readonly canned: Collection<CannedResponse>;
  readonly macros: Collection<Macro>;
  readonly hours: Collection<HoursCalendar>;
  readonly rules: Collection<Rule>;
  readonly ruleRuns: Collection<RuleRun>;
  readonly ruleWaits: Collection<RuleWaiting>;
  readonly contacts: Collection<Contact>;
  readonly merges: Collection<Merge>;
  readonly erasures: Collection<Erasure>;
  readonly audit: Collection<AuditEntry>;
  readonly identities: Collection<ContactIdentity>;
  readonly conversations: Collection<Conversation>;
  readonly messages: Collection<Message>;
  readonly threads: Collection<Thread>;
  readonly deskEvents: Collection<StoredDeskEvent>;
  readonly earlyChanges: Collection<EarlyChange>;
  readonly calls: Collection<LoggedCall>;
  readonly apiAnswers: Collection<KeptAnswer>;
  readonly contactImports: Collection<ContactImport>;
  readonly contactRefusals: Collection<ContactRefusal>;
  readonly continuityMails: Collection<ContinuityMail>;
  readonly surveys: Collection<Survey>;
  readonly later: Collection<Later>;
  readonly slaRecords: Collection<SlaRecord>;
  readonly tellings: Collection<StoredTelling>;
  readonly webhooks: Collection<Webhook>;
  readonly webhookDeliveries: Collection<WebhookDelivery>;
  readonly campaigns: Collection<Campaign>;
  readonly campaignRecipients: Collection<CampaignRecipient>;
  readonly optOuts: Collection<OptOut>;
  readonly settings: Collection<Setting>;
  readonly leases: Collection<ProcessLease>;
  /** Brings indexes to what the code declares. */
  ensureIndexes(): Promise<void>;
  close(): Promise<void>;
}

/** @throws MongoServerSelectionError when nothing answers at `uri` within 10 s. */
export const openStore = async (uri: string): Promise<Store> => storeOn(await connectStore(uri));

export const connectStore = (uri: string): Promise<mongoose.Connection> =>
  mongoose.createConnection(uri, { autoIndex: false, autoCreate: false, serverSelectionTimeoutMS: 10_000, maxPoolSize: 64 }).asPromise();

/** The collections of an open connection; `close` closes it. */
export function storeOn(connection: mongoose.Connection): Store {
  const db = connection.db as unknown as Db;
  const of = <T extends object>(name: string) => db.collection(name) as unknown as Collection<T>;
  return {
    db,
    inboxes: of<Inbox>("inboxes"),
    deskTargets: of<DeskTarget>("deskTargets"),
    agents: of<Agent>("agents"),
    teams: of<Team>("teams"),
    labels: of<Label>("labels"),
    macros: of<Macro>("macros"),
    hours: of<HoursCalendar>("hours"),
    rules: of<Rule>("rules"),
    ruleRuns: of<RuleRun>("ruleRuns"),
    ruleWaits: of<RuleWaiting>("ruleWaits"),
    canned: of<CannedResponse>("cannedResponses"),
    contacts: of<Contact>("contacts"),
    merges: of<Merge>("contactMerges"),
    erasures: of<Erasure>("erasures"),
    audit: of<AuditEntry>("audit"),
    identities: of<ContactIdentity>("contactIdentities"),
    conversations: of<Conversation>("conversations"),
    messages: of<Message>("messages"),
    threads: of<Thread>("threads"),
    deskEvents: of<StoredDeskEvent>("deskEvents"),
    earlyChanges: of<EarlyChange>("earlyChanges"),
    calls: of<LoggedCall>("calls"),
    apiAnswers: of<KeptAnswer>("apiAnswers"),
    contactImports: of<ContactImport>("contactImports"),
    contactRefusals: of<ContactRefusal>("contactRefusals"),
    continuityMails: of<ContinuityMail>("continuityMails"),
    surveys: of<Survey>("surveys"),
    later: of<Later>("later"),
    slaRecords: of<SlaRecord>("slaRecords"),
    tellings: of<StoredTelling>("tellings"),
    webhooks: of<Webhook>("webhooks"),
    webhookDeliveries: of<WebhookDelivery>("webhookDeliveries"),
    campaigns: of<Campaign>("campaigns"),
    campaignRecipients: of<CampaignRecipient>("campaignRecipients"),
    optOuts: of<OptOut>("optOuts"),
    settings: of<Setting>("settings"),
    leases: of<ProcessLease>("leases"),
    async ensureIndexes() {
      for (const [name, indexes] of Object.entries(collectionIndexes)) await db.collection(name).createIndexes(indexes);
    },
    close: () => connection.close(),
  };
}

/** MongoDB's answer to a second document under a unique key. */
export const isDuplicateKey = (error: unknown, field?: string): boolean =>
  typeof error === "object" && error !== null && (error as { code?: unknown }).code === 11000 &&
  (field === undefined || field in ((error as { keyPattern?: object }).keyPattern ?? {}));
