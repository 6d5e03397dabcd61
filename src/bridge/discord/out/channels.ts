/** The forums and text channels that conversations are mirrored into: by name or id. */
import { z } from "zod";
import { DeskError } from "../../../core/errors.ts";
import type { DiscordApi } from "../api.ts";
import { CODE, DiscordFailure } from "../errors.ts";
import { isSnowflake } from "../ids.ts";

/** Source: discord.com/developers/docs/resources/channel#channel-object-channel-types */
const TEXT = 0, FORUM = 15;
const REQUIRE_TAG = 16;

const Tag = z.object({ id: z.string(), name: z.string(), moderated: z.boolean().default(false), emoji_id: z.string().nullish(), emoji_name: z.string().nullish() });
export type Tag = z.infer<typeof Tag>;
const Channel = z.object({ id: z.string(), type: z.number(), name: z.string(), flags: z.number().default(0), available_tags: z.array(Tag).default([]) });

/** A channel or forum; what it holds are threads. */
export interface Home { id: string; kind: "forum" | "text"; name: string; tags: Tag[]; requiresTag: boolean }

export interface Channels {
  /** "#support", "support" or its id. @throws {DeskError} UNREACHABLE with what mends it */
  resolve(reference: string, signal?: AbortSignal): Promise<Home>;
  /** By id. @throws {DeskError} */
  home(id: string, signal?: AbortSignal): Promise<Home>;
  /** All that conversations can go to. @throws {DeskError} */
  list(signal?: AbortSignal): Promise<Home[]>;
  /** As Discord tells it after a change of ours. */
  saw(channel: unknown): Home | null;
  /** It is asked anew next time: it was renamed, deleted, its tags changed. Without an id: all. */
  forget(id?: string): void;
}

export function createChannels(api: DiscordApi, guild: string): Channels {
  const known = new Map<string, Home>();

  function saw(channel: unknown): Home | null {
    const read = Channel.safeParse(channel);
    if (!read.success || (read.data.type !== TEXT && read.data.type !== FORUM)) return null;
    const { id, type, name, flags, available_tags: tags } = read.data;
    const home: Home = { id, kind: type === FORUM ? "forum" : "text", name, tags, requiresTag: (flags & REQUIRE_TAG) !== 0 };
    known.set(id, home);
    return home;
  }
  const asked = (signal: AbortSignal | undefined) => (signal === undefined ? { home: true } : { home: true, signal });
  const missing = (text: string) => new DeskError("UNREACHABLE", text, { certain: true, cause: new DiscordFailure("GET /guilds/-/channels", CODE.unknownChannel) });

  async function list(signal?: AbortSignal): Promise<Home[]> {
    const all = z.array(z.unknown()).parse(await api.call("GET", `/guilds/${guild}/channels`, asked(signal)));
    return all.map(saw).filter((home) => home !== null);
  }
  async function home(id: string, signal?: AbortSignal): Promise<Home> {
    const found = known.get(id) ?? saw(await api.call("GET", `/channels/${id}`, asked(signal)));
    if (found === null) throw missing("This place on Discord is neither a forum nor a text channel. Name one of these in the settings.");
    return found;
  }

  return {
    list,
    home,
    saw,
    async resolve(reference, signal) {
      const name = reference.trim().replace(/^#/, ""), wanted = name.toLowerCase();
      if (isSnowflake(name)) return home(name, signal);
      const found = [...known.values()].find((one) => one.name.toLowerCase() === wanted) ?? (await list(signal)).find((one) => one.name.toLowerCase() === wanted);
      if (found === undefined) throw missing(`Discord shows the bot no forum or text channel #${name}. Create it, or give the bot View Channel there.`);
      return found;
    },
    forget(id) { if (id === undefined) known.clear(); else known.delete(id); },
  };
}
