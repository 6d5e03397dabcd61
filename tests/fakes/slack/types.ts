/** What the fake remembers. Shapes of answers: docs.slack.dev/reference/objects. */

export type Json = Record<string, unknown>;

/** An answer with `ok: false`; `more` is merged into it. Source: docs.slack.dev/apis/web-api/#responses */
export class SlackRefusal extends Error {
  constructor(readonly error: string, readonly more: Json = {}) { super(error); }
}
/** A call whose arguments do not fit, each reason in words. */
export const badArguments = (...reasons: string[]): SlackRefusal =>
  new SlackRefusal("invalid_arguments", { response_metadata: { messages: reasons.map((reason) => `[ERROR] ${reason}`) } });

export interface FakeUser {
  id: string; teamId: string; name: string; realName: string; displayName: string;
  email: string | null; emailConfirmed: boolean;
  admin: boolean; owner: boolean; restricted: boolean; ultraRestricted: boolean; stranger: boolean; bot: boolean; deleted: boolean;
  botId: string | null; timeZone: string; image: string; updated: number;
  /** As Slack shows it to others. */
  presence: "active" | "away";
}

export type ChannelKind = "public" | "private" | "im";
export interface FakeChannel {
  id: string; name: string; kind: ChannelKind; archived: boolean; deleted: boolean; shared: boolean;
  members: Set<string>; created: number; topic: string; purpose: string;
  /** The other person of a direct conversation. */
  with: string | null;
  /** By time, tombstones included; what was deleted outright is gone. */
  messages: StoredMessage[];
  byTs: Map<string, StoredMessage>;
  /** Replies by their parent's ts. */
  threads: Map<string, StoredMessage[]>;
  /** Microseconds of the newest ts. */
  lastTs: number;
}

export interface StoredMessage {
  ts: string; channel: string; text: string; user: string | null; botId: string | null; subtype: string | null;
  threadTs: string | null; blocks: Json[] | null; attachments: Json[] | null; fileIds: string[];
  username: string | null; icons: Json | null; metadata: Json | null;
  edited: { user: string; ts: string } | null; reactions: { name: string; users: string[] }[];
  clientMsgId: string | null;
  /** How the sender let names and links be found; what `mentionsOf` needs. */
  parsing: { linkNames: boolean; parse: "none" | "full" | "client" | null; mrkdwn: boolean };
  unfurl: { links: boolean | null; media: boolean | null };
}

export interface EphemeralMessage { ts: string; channel: string; user: string; text: string; blocks: Json[] | null; threadTs: string | null; username: string | null; deleted: boolean }

export interface FakeFile {
  id: string; name: string; title: string; mimetype: string; content: Buffer; user: string; created: number; deleted: boolean;
  /** False until `files.completeUploadExternal`. */
  complete: boolean;
  shares: { channel: string; ts: string; threadTs: string | null }[];
}

export interface FakeView {
  id: string; user: string; type: "modal" | "home"; hash: string; content: Json; values: Json;
  rootId: string; previousId: string | null; externalId: string | null;
}

export interface RecordedCall {
  method: string; args: Json; at: number; token: string | null;
  /** HTTP status; "cut" when the connection was broken instead. */
  status?: number | "cut";
  /** Slack's error name, null when the answer was ok. */
  error?: string | null;
}
