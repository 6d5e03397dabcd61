/** What one kind of vendor's desk is, for the registry: how its settings read and how its connection is made. */
import type { z } from "zod";
import type { Core } from "../../core/core.ts";
import type { DeskKind, DeskTarget } from "../../core/model/types.ts";
import type { DeskAdapter, DeskHost, ReportTrouble } from "../../core/ports.ts";

export interface DeskDeps {
  core: Core;
  /** Opens one of the connection's secrets; null when it is not set. */
  secret(name: string): string | null;
  /** Tells Health what keeps this connection from working, and when that is over. */
  trouble: ReportTrouble;
  /** Where the world reaches us, without a trailing slash; null when it doesn't. */
  publicUrl: string | null;
}

/** What a desk's settings come to. `identity` is the vendor's own (an app, a guild) and never changes for a target. */
export interface DeskSettings { identity: string; config: Record<string, unknown>; secrets: Record<string, string> }

/** A call of the vendor over HTTP, raw, and what it is answered. */
export interface DeskCall { headers: Record<string, string | string[] | undefined>; body: Buffer }
export interface DeskAnswer { status: number; body: unknown }

/** A desk at a vendor: it has a connection of its own. */
export interface VendorDesk extends DeskAdapter {
  /** Connects, and goes on trying; what comes in goes to `host`. */
  start(host: DeskHost): void;
  /** Resolves when nothing more comes in and what is under way has ended. */
  stop(): Promise<void>;
  /** Present where the vendor calls us: POST /hooks/desk/:kind. Resolves once all that the call brought is stored. */
  receive?(call: DeskCall): Promise<DeskAnswer>;
}

export interface DeskKindSpec<T = unknown> {
  id: DeskKind;
  /** The fields that this desk adds to its entry in `threadline.yaml`; strict, every message in plain words. */
  settings: z.ZodType<T>;
  /** Pure: reads the identity out of the settings without asking the vendor. */
  read(settings: T): DeskSettings;
  /** `connection`: any of the targets with this identity; they share the connection. The vendor's library is loaded here: who has no such desk does without it. */
  create(connection: DeskTarget, deps: DeskDeps): Promise<VendorDesk>;
}
