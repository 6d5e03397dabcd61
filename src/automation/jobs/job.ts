/** One kind of due work. */
import type { Core } from "../../core/core.ts";
import type { Scheduler } from "../../core/ports.ts";

export interface DueJob {
  kind: Parameters<Scheduler["wakeAt"]>[0];
  /** Looks at the latest this often, whatever was told. An interval of Agenda, such as "30 seconds". */
  every: string;
  /** Does all that is due; safe to run twice or in several processes. Answers when the next is due. */
  run(core: Core): Promise<{ due: number; next: Date | null }>;
}
