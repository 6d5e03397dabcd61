/** Which of the server's channels are threads of ours. An event names only the channel. */
import { z } from "zod";
import type { Core } from "../../../core/core.ts";
import type { DeskThreadId } from "../../../core/model/types.ts";
import { CHANNEL_GONE } from "./gone.ts";
import type { DiscordApi } from "../api.ts";
import { discordCode } from "../errors.ts";
import { makeThreadId } from "../ids.ts";
import { isThreadType, type Directory } from "./directory.ts";

const Channel = z.object({ type: z.number(), owner_id: z.string().nullish() });
const KEPT = 20_000;

export interface Places {
  /** Our thread of that channel; null when it is none. @throws {DeskError} when it can't be said now */
  threadOf(channelId: string): Promise<DeskThreadId | null>;
}

/** A thread is ours when the bot opened it, or when it is on record. */
export function createPlaces({ core, api, directory, me }: { core: Core; api: DiscordApi; directory: Directory; me(): Promise<{ userId: string }> }): Places {
  /** What was asked for because the gateway did not tell: threads that were archived when the session began. */
  const asked = new Map<string, boolean>();

  async function ask(channelId: string, botId: string): Promise<boolean> {
    if ((await core.store.threads.findOne({ _id: makeThreadId(directory.guildId, channelId) }, { projection: { _id: 1 } })) !== null) return true;
    try {
      const channel = Channel.parse(await api.call("GET", `/channels/${channelId}`, { priority: "interactive" }));
      return isThreadType(channel.type) && channel.owner_id === botId;
    } catch (error) {
      if (CHANNEL_GONE.has(discordCode(error) ?? 0)) return false;
      throw error;
    }
  }

  return {
    async threadOf(channelId) {
      const { userId } = await me();
      if (directory.channels.has(channelId)) return null;
      const told = directory.threads.get(channelId);
      let ours = told === undefined ? asked.get(channelId) : told.owner === userId;
      if (ours === undefined) {
        ours = await ask(channelId, userId);
        asked.set(channelId, ours);
        if (asked.size > KEPT) asked.delete(asked.keys().next().value!);
      }
      return ours ? makeThreadId(directory.guildId, channelId) : null;
    },
  };
}
