/** Who the bot is; asked once, then known. Source: discord.com/developers/docs/resources/application#get-current-application */
import { z } from "zod";
import type { DiscordApi } from "./api.ts";

export interface Me { userId: string; applicationId: string }
const Application = z.object({ id: z.string(), bot: z.object({ id: z.string() }).optional() });
const User = z.object({ id: z.string() });

/** @throws {DeskError} as the call does; a failed one is made again next time */
export function createMe(api: DiscordApi): () => Promise<Me> {
  let asked: Promise<Me> | undefined;
  async function ask(): Promise<Me> {
    const { id: applicationId, bot } = Application.parse(await api.call("GET", "/applications/@me", { priority: "interactive" }));
    // old bots have another id than their application
    const userId = bot?.id ?? User.parse(await api.call("GET", "/users/@me", { priority: "interactive" })).id;
    return { userId, applicationId };
  }
  return () => {
    if (asked === undefined) {
      asked = ask();
      // one question for all who wait
      asked.catch(() => { asked = undefined; });
    }
    return asked;
  };
}
