/** What one message costs the store: the driver's own commands, by kind and collection. */
import type { CommandStartedEvent } from "mongodb";
import type { Store } from "../../src/core/store/store.ts";

const WRITES = new Set(["insert", "update", "delete", "findAndModify", "bulkWrite"]);
/** Not caused by messages. */
const OTHERS = new Set(["settings", "inboxes", "deskTargets", "agents", "leases", "jobs"]);

export interface Commands { writes: number; reads: number; by: Record<string, number> }

/** Counts while it is on. The connection must have been opened with `monitorCommands`. */
export function countCommands(store: Store): { start(): void; stop(): Commands } {
  let by = new Map<string, number>();
  let on = false;
  store.db.client.on("commandStarted", ({ commandName, command }: CommandStartedEvent) => {
    const collection = commandName === "bulkWrite" ? "several" : (command as Record<string, unknown>)[commandName];
    if (!on || typeof collection !== "string" || OTHERS.has(collection)) return;
    const name = `${commandName} ${collection}`;
    by.set(name, (by.get(name) ?? 0) + 1);
  });
  return {
    start() { by = new Map(); on = true; },
    stop() {
      on = false;
      const all = [...by];
      const sum = (wanted: boolean) => all.filter(([name]) => WRITES.has(name.split(" ")[0]!) === wanted).reduce((total, [, times]) => total + times, 0);
      return { writes: sum(true), reads: sum(false), by: Object.fromEntries(all) };
    },
  };
}
