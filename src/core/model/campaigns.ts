/** One text to many: what is to be said to whom and when, and what became of it for each of them. */

export const CAMPAIGN_STATES = ["draft", "scheduled", "running", "paused", "cancelled", "done"] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** Why somebody is left out, in words for people. */
export const SKIP_REASONS = {
  "no-contact": "no contact is known by this row",
  "no-identity": "cannot be reached on this channel",
  "opted-out": "wants no such messages",
  blocked: "is blocked",
  unreachable: "the channel says that they cannot be reached",
  "no-consent": "has not agreed to it",
  "no-template": "wrote too long ago for a free text, and the campaign has no template",
  duplicate: "is reached under another row or contact already",
  text: "the text needs something that is not known of them",
} as const;
export type SkipReason = keyof typeof SKIP_REASONS;

/** `queued` is not taken up yet, `sending` is with the delivery lane; `unknown` may have arrived and is never sent again. */
export const RECIPIENT_STATES = ["queued", "sending", "sent", "delivered", "read", "replied", "failed", "unknown", "cancelled", "skipped"] as const;
export type RecipientState = (typeof RECIPIENT_STATES)[number];

/** From what a recipient may come to a state: what is heard late never takes back what is known, and delivery may be faster than our own note that it began. */
export const BELOW: Partial<Record<RecipientState, RecipientState[]>> = {
  sent: ["queued", "sending", "unknown", "failed"], delivered: ["queued", "sending", "unknown", "failed", "sent"], read: ["queued", "sending", "unknown", "failed", "sent", "delivered"], replied: ["queued", "sending", "unknown", "failed", "sent", "delivered", "read"],
  failed: ["queued", "sending", "unknown", "sent"], unknown: ["queued", "sending"], cancelled: ["queued", "sending"],
};

/** No message between these times of the day where the contact is; "21:00" to "08:00" spans midnight. */
export interface QuietHours { from: string; to: string }

export interface CampaignTemplate { name: string; language: string; /** By the template's fields; texts with variables. */ values: Record<string, string> }

/** Shown to each visitor once, on pages like `page` (`*` stands for anything; all when empty), after so long on one. */
export interface OnPages { page: string; afterSeconds: number }

export interface Campaign {
  _id: string;
  name: string;
  inboxId: string;
  /** With variables; how a template reads where there is one. */
  text: string;
  /** Of a mail; with variables. */
  subject?: string;
  template?: CampaignTemplate;
  /** Contacts by a filter; or a table of them, kept as a file. */
  audience: { filter: string } | { fileId: string; rows: number };
  /** Shown as who writes; the inbox's name else. */
  sender?: string;
  /** Key of the yes-no attribute without which nobody is written to. */
  consent?: string;
  perMinute: number;
  quiet?: QuietHours;
  /** Where the contact is, as long as nothing else tells. IANA. */
  timeZone: string;
  startAt: Date | null;
  /** It goes on until it is ended: whoever comes by is shown it. */
  ongoing?: OnPages;
  state: CampaignState;
  /** A conversation with this label, begun or answered by the campaign, counts as won. */
  goalLabel?: string;
  /** How far the list of recipients is made: the last contact, or the rows of the table that are through. */
  listed: { after: string; rows: number; done: boolean };
  /** Set while something is left to do; as a claim while somebody does it. Indexed. */
  dueAt?: Date;
  claim?: string;
  /** When the next message may go by the pace that was set. */
  pacedAt: Date;
  by: string;
  createdAt: Date;
  startedAt?: Date;
  endedAt?: Date;
}

export interface CampaignRecipient {
  /** `<campaign>/<contact>`, so that nobody is listed twice; a row that names nobody has its number. */
  _id: string;
  campaignId: string;
  contactId?: string;
  identityId?: string;
  /** Unique within its campaign. */
  address?: string;
  state: RecipientState;
  why?: SkipReason;
  /** When they may be written to; set while `queued`. Indexed. */
  dueAt?: Date;
  messageId?: string;
  conversationId?: string;
  error?: { code: string; text: string };
  at: Date;
  sentAt?: Date;
  repliedAt?: Date;
  convertedAt?: Date;
  value?: number;
}

/** Part of a message: it was said to many. */
export interface CampaignLine {
  id: string;
  /** Absent: a test. */
  recipientId?: string;
  /** It is shown on the desk only once the customer answers. */
  quiet?: true;
  /** Of a mail. */
  mail?: BulkMail;
}
/** What a mail to many carries besides. */
export interface BulkMail { subject: string; /** Takes the receiver off, by a page and by one click (RFC 8058). */ unsubscribe: string }

/** Part of a conversation: the last campaign in it, and its lines that the desk does not show yet. */
export interface ConversationCampaign { campaign?: { id: string; recipientId: string }; unshown?: string[] }
/** Lines that a desk is shown later, at most. */
export const MOST_UNSHOWN = 20;

/** Who wants no campaigns on a kind of channel. The address itself goes when they are erased; its hash stays. */
export interface OptOut {
  /** `<channel>:<hash of the address>`. */
  _id: string;
  channel: string;
  address?: string;
  at: Date;
  how: "link" | "keyword" | "list";
  campaignId?: string;
}

/** Whether an address is like a page: from its beginning to its end, or its path where the page begins with /. What stands behind # is left out. */
export function isLikePage(page: string, address: string): boolean {
  if (page === "") return true;
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  const parts = page.split("*");
  const text = page.startsWith("/") ? url.pathname + url.search : url.href.slice(0, url.href.length - url.hash.length);
  const last = parts.length - 1;
  if (last === 0) return text === page;
  let at = parts[0]!.length;
  if (!text.startsWith(parts[0]!)) return false;
  for (const part of parts.slice(1, last)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - parts[last]!.length >= at && text.endsWith(parts[last]!);
}

const STOP = new Set("stop|stopp|stopall|stop all|unsubscribe|opt out|optout|opt-out|abmelden|abbestellen|austragen|baja|cancelar suscripcion|parar|sair|cancelar inscricao|arret|arreter|desabonner|desinscrire|disiscrivi|annulla iscrizione|cancellami|afmelden|uitschrijven|avsluta|avregistrera|avmeld|afmeld|peruuta tilaus|wypisz|rezygnuje|odhlasit|leiratkozas|dezabonare|iptal|стоп|отписаться|відписатися|停止|退订|退訂|配信停止|수신거부".split("|"));
const START = new Set("start|unstop|subscribe|anmelden|alta|demarrer|iscrivimi|aanmelden|старт|подписаться".split("|"));

/** A whole line that means "no more of these", or "again"; null for any other. */
export function wishOf(text: string): "stop" | "start" | null {
  if (text.length > 60) return null;
  const word = text.normalize("NFKD").replace(/\p{M}/gu, "").normalize("NFC").toLowerCase().replace(/^[\s"'/!.«»“”]+|[\s"'!.,;:«»“”]+$/gu, "").replace(/\s+/g, " ");
  return STOP.has(word) ? "stop" : START.has(word) ? "start" : null;
}
