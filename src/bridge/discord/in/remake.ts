/** A forum or channel for conversations that was deleted is made anew, as it was; what was open goes on there in new threads. */
import { PermissionFlagsBits } from "discord.js";
import { z } from "zod";
import type { Core } from "../../../core/core.ts";
import { DeskError } from "../../../core/errors.ts";
import type { DeskTarget } from "../../../core/model/types.ts";
import type { DiscordApi } from "../api.ts";
import { CODE, discordCode } from "../errors.ts";
import { readThreadId } from "../ids.ts";
import type { Channels } from "../out/channels.ts";
import type { Directory } from "./directory.ts";
import { standingOf, type RoleSettings } from "./roles.ts";

/** Source: discord.com/developers/docs/resources/channel#channel-object-channel-types */
const TEXT = 0, FORUM = 15;
/** Threads of a target that are asked for: a forum that was only renamed still has them. */
const ASKED = 3;

/** What of a deleted channel makes it the same again. Source: .../resources/guild#create-guild-channel */
const Deleted = z.object({
  id: z.string(), type: z.literal([TEXT, FORUM]), name: z.string(), topic: z.string().nullish(), parent_id: z.string().nullish(), flags: z.number().optional(),
  permission_overwrites: z.array(z.object({ id: z.string(), type: z.number(), allow: z.string(), deny: z.string() })).optional().catch(undefined),
  available_tags: z.array(z.object({ name: z.string(), moderated: z.boolean().default(false), emoji_id: z.string().nullish(), emoji_name: z.string().nullish() })).optional().catch(undefined),
});
const Made = z.object({ id: z.string() });

export interface RemakeOptions { core: Core; api: DiscordApi; directory: Directory; channels: Channels; tellAdministrators(text: string): Promise<void> }
export interface Remake {
  /** A channel was deleted before our eyes. Answers whether it was one of ours, and stands again. Never rejects. */
  deleted(d: unknown): Promise<boolean>;
  /** A target's channel can't be found. It is made anew when its threads are gone with it, and not when it was only renamed, or when its deletion is still to be told. Never rejects. */
  missing(target: DeskTarget): Promise<boolean>;
}

export function createRemake({ core, api, directory, channels, tellAdministrators }: RemakeOptions): Remake {
  const guild = directory.guildId;
  /** One after the other: a deletion may be told twice, and noticed in two ways. */
  let making: Promise<unknown> = Promise.resolve();

  async function make(body: Record<string, unknown> & { name: string }, targets: DeskTarget[], who = "Look whether the right people see it."): Promise<boolean> {
    try {
      const { id } = Made.parse(await api.call("POST", `/guilds/${guild}/channels`, { home: true, body }));
      channels.forget();
      // by its name it is found again; its id is another one now
      for (const target of targets) if (/^\d+$/.test(target.channel)) await core.store.deskTargets.updateOne({ _id: target._id, channel: target.channel }, { $set: { channel: id } });
      core.log.warn({ targets: targets.map(({ name }) => name) }, "The Discord channel for conversations was deleted; it was made anew.");
      await tellAdministrators(`#${body.name} was deleted on Discord while conversations go there, so Threadline made it anew: open conversations go on there in new threads. ${who} If it should go, name another channel in the settings first.`);
      return true;
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
      core.log.warn({ err: error }, "The Discord channel for conversations was deleted and could not be made anew.");
      return false;
    }
  }
  /** Unless it stands there again by now. */
  function unlessThere(name: string, work: () => Promise<boolean>): Promise<boolean> {
    const run = making.then(async () => {
      channels.forget();
      return (await channels.list()).some((home) => home.name.toLowerCase() === name.toLowerCase()) || work();
    }).catch((error: unknown) => {
      core.log.error({ err: error }, "A Discord channel could not be made anew.");
      return false;
    });
    making = run;
    return run;
  }

  async function threadsAreGone(target: DeskTarget): Promise<boolean> {
    const threads = await core.store.threads.find({ desk: "discord", targetId: target._id }).sort({ createdAt: -1 }).limit(ASKED).toArray();
    for (const { _id } of threads) {
      const gone = await api.call("GET", `/channels/${readThreadId(_id).thread}`).then(() => false, (error: unknown) => {
        if (discordCode(error) === undefined) throw error;
        return discordCode(error) === CODE.unknownChannel;
      });
      if (!gone) return false;
    }
    return threads.length > 0;
  }

  async function deleted(d: unknown): Promise<boolean> {
    const read = Deleted.safeParse(d).data;
    if (read === undefined) return false;
    const { id, name, type, topic, parent_id, flags, permission_overwrites, available_tags } = read;
    const targets = (await core.store.deskTargets.find({ kind: "discord", identity: guild }).toArray()).filter(({ channel }) => channel === id || channel.replace(/^#/, "").toLowerCase() === name.toLowerCase());
    if (targets.length === 0) return false;
    const body = {
      name, type, ...(topic == null ? {} : { topic }), ...(parent_id == null ? {} : { parent_id }), ...(flags === undefined || flags === 0 ? {} : { flags }),
      permission_overwrites: permission_overwrites ?? closed(directory, targets[0]!), ...(type === FORUM && available_tags !== undefined ? { available_tags } : {}),
    };
    return unlessThere(name, () => make(body, targets));
  }

  return {
    deleted,
    async missing(target) {
      const name = target.channel.trim().replace(/^#/, "");
      const before = directory.deleted.get(name.toLowerCase());
      if (before !== undefined) return deleted(before);
      // What Discord tells of the deletion says who may see the channel.
      const told = directory.here && ![...directory.channels.values()].some((channel) => (channel.type === TEXT || channel.type === FORUM) && channel.name.toLowerCase() === name.toLowerCase());
      if (/^\d+$/.test(name) || !told) return false;
      return unlessThere(name, async () => (await threadsAreGone(target)) && make({ name, type: FORUM, permission_overwrites: closed(directory, target) }, [target],
        "Nobody could tell who saw the old one, so only administrators, the bot and the roles named in the settings see it: give your agents access."));
    },
  };
}

const VIEW = String(PermissionFlagsBits.ViewChannel);
/** For the bot and the roles of agents alone. */
function closed({ guildId, me, roles }: Directory, { config }: DeskTarget): object[] {
  const agents = [...roles].filter(([id, { name }]) => id !== guildId && standingOf(config?.["roles"] as RoleSettings | undefined, [{ id, name }]) !== null);
  const seeing = [...(me === null ? [] : [{ id: me.userId, type: 1 }]), ...agents.map(([id]) => ({ id, type: 0 }))];
  return [{ id: guildId, type: 0, allow: "0", deny: VIEW }, ...seeing.map((who) => ({ ...who, allow: VIEW, deny: "0" }))];
}
