/** What comes in from Slack, on its way to core. */
import type { DeskTarget, DeskThreadId } from "../../core/model/types.ts";
import type { DeskHost, IncomingDeskEvent } from "../../core/ports.ts";
import type { DeskAnswer, DeskCall, DeskDeps } from "../shared/kind.ts";
import type { SlackApi } from "./api.ts";
import type { Channels } from "./channels.ts";
import type { Notices } from "./notices.ts";
import type { TeamOf } from "./team.ts";
export interface IncomingDeps { connection: DeskTarget; deps: DeskDeps; api: SlackApi; apiUrl: string; team: TeamOf; channels: Channels; notices: Notices }
export function createIncoming(_o: IncomingDeps): { parse(event: Record<string, unknown>, thread: DeskThreadId): Promise<IncomingDeskEvent[]>; start(host: DeskHost): void; stop(): Promise<void>; receive?(call: DeskCall): Promise<DeskAnswer> } {
  return { parse: async () => [], start: () => undefined, stop: async () => undefined };
}
