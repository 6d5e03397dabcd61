/** How many threads a server may have active at once: told before it is reached. Source: discord.com/developers/docs/topics/threads (160006), support.discord.com/hc/articles/4403205878423 (1000) */
import { z } from "zod";
import type { Clock } from "../../../core/ports.ts";
import { DeskError } from "../../../core/errors.ts";
import type { DiscordApi } from "../api.ts";

export const CAP = 1_000;
/** From here on people are told. */
export const NEAR = 900;
/** Threads that become active before they are counted anew, while there is room. */
const EVERY = 50;
const AGAIN_MS = 10 * 60_000;
const Active = z.object({ threads: z.array(z.unknown()) });

export interface ThreadCap {
  /** A thread became active: counted now and then, behind what goes on. */
  opened(): void;
  /** @throws {DeskError} */
  count(): Promise<number>;
}

/** @param tell words for people, null when there is room again */
export function createCap({ api, guild, clock, tell }: { api: DiscordApi; guild: string; clock: Clock; tell(text: string | null): void }): ThreadCap {
  let since = EVERY;
  let countedAt = -Infinity;
  let counting = false;

  async function count(): Promise<number> {
    const { threads } = Active.parse(await api.call("GET", `/guilds/${guild}/threads/active`, { priority: "background" }));
    tell(threads.length < NEAR ? null : `The Discord server has ${threads.length} active threads; at ${CAP} it takes no new conversation. Resolve or archive some: resolved conversations are archived by themselves.`);
    return threads.length;
  }

  return {
    count,
    opened() {
      since++;
      const now = clock.now().getTime();
      if (counting || (since < EVERY && now - countedAt < AGAIN_MS)) return;
      [counting, since, countedAt] = [true, 0, now];
      count().catch((error: unknown) => { if (!(error instanceof DeskError)) throw error; }).finally(() => { counting = false; });
    },
  };
}
