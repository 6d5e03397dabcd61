/** What one kind of channel is, for the registry: how its settings read and how an adapter for one inbox is made. */
import type { z } from "zod";
import type { Bus } from "../../core/bus.ts";
import type { CallLog, ChannelAdapter, Clock, FileStore, Logger, ReportTrouble } from "../../core/ports.ts";
import type { ChannelId, Inbox } from "../../core/model/types.ts";

export interface ChannelDeps {
  /** Opens one of the inbox's secrets. @throws Error when it is not set. */
  secret(name: string): string;
  files: FileStore;
  log: Logger;
  bus: Bus;
  clock: Clock;
  /** Tells Health what keeps this connection from working, and when that is over. */
  trouble: ReportTrouble;
  /** Absent: nobody looks at the calls of this channel. */
  calls?: CallLog;
  /** The live adapters of this kind, whatever their inbox. */
  siblings?(): ChannelAdapter[];
  /** Where the world reaches us, without a trailing slash; null when it doesn't. */
  publicUrl: string | null;
  /** False switches rate buckets off. */
  rateLimits: boolean;
  /** Signs a text under a key of this inbox's own; the same at every start under one SECRET_KEY. */
  sign(text: string): string;
  memory: ChannelMemory;
  /** Answers from DNS, as `dns.resolve` does. Absent: the machine's. */
  lookUp?(name: string, type: string): Promise<string[][] | string[]>;
  /** As `memory`, encrypted. Absent: nothing secret is kept. */
  vault?: ChannelMemory;
}

/** The little that a way in has to remember about the vendor (a cursor); what it read last, in a form that survives JSON. */
export interface ChannelMemory { read(): Promise<unknown>; write(value: unknown): Promise<void> }

/** What the settings of one inbox come to: `identity` is the vendor's own and never changes for an inbox. */
export interface ChannelSettings { identity: string; config: Record<string, unknown>; secrets: Record<string, string> }

export interface ChannelKind<T = unknown> {
  id: ChannelId;
  /** Customers' addresses are mail addresses: it may mail what those of other inboxes have not read. */
  mails?: true;
  /** The fields that this channel adds to an inbox in `threadline.yaml`; strict, every message in plain words. */
  settings: z.ZodType<T>;
  /** Pure: reads the identity out of the settings without asking the vendor. */
  read(settings: T): ChannelSettings;
  create(inbox: Inbox, deps: ChannelDeps): ChannelAdapter;
}
