/** Where a desk's setting says so, whoever is in its private channel is an agent: made one when they come, unlinked when they leave. */
import { z } from "zod";
import type { Core } from "../../../core/core.ts";
import { newId } from "../../../core/model/ids.ts";
import type { Agent, DeskTarget } from "../../../core/model/types.ts";
import { agentByLink, allAgents, forgetSettings } from "../../../core/services/inbox-settings.ts";
import { isDuplicateKey } from "../../../core/store/store.ts";
import type { Troubles } from "../../shared/troubles.ts";
import { endLink, unlinkedText } from "../../shared/unlink.ts";
import type { SlackApi } from "../api.ts";
import type { Channels } from "../out/channels.ts";
import { nameOf, unfit, type SlackUser } from "./people.ts";

const Moved = z.object({ type: z.enum(["member_joined_channel", "member_left_channel"]), user: z.string(), channel: z.string() });
const Info = z.object({ channel: z.object({ is_private: z.boolean().default(false), name: z.string().default("") }) });
const Page = z.object({ members: z.array(z.string()), response_metadata: z.object({ next_cursor: z.string().optional() }).optional() });
/** Made agents bear it: nothing is ever delivered there (RFC 2606), and the settings file can't name it by mistake. */
const madeAddress = (userId: string): string => `${userId.toLowerCase()}@slack.invalid`;

/** Whether membership of this target's channel makes people agents. */
export const grants = ({ config }: Pick<DeskTarget, "config">): boolean => config?.["membersAreAgents"] === true;
export const NOT_PRIVATE = (name: string, channel: string): string => `${name}: membersAreAgents works for private channels alone, since anybody can join #${channel}. Make it private, or take the setting off; its members are no agents by it.`;

export interface Members {
  /** Makes this person an agent if they are in such a channel. True: they are linked now. @throws {DeskError} while Slack does not say */
  meet(user: SlackUser): Promise<boolean>;
  /** Somebody came or left. */
  event(event: unknown): Promise<void>;
  /** Everybody in these channels: what was missed while nothing could be heard. @throws {DeskError} while Slack does not say */
  review(): Promise<void>;
}
export interface MembersOptions {
  core: Core; api: SlackApi; channels: Channels; troubles: Troubles; team(): Promise<{ teamId: string; botUserId: string }>;
  /** Null when Slack does not say. */
  profile(userId: string): Promise<SlackUser | null>;
  tellAdministrators(text: string): Promise<void>;
}

export function createMembers({ core, api, channels, troubles, team, profile, tellAdministrators }: MembersOptions): Members {
  const targets = async (): Promise<DeskTarget[]> => (await core.store.deskTargets.find({ kind: "slack" }).toArray()).filter(grants);

  /** The private channels that count, by id. */
  async function places(): Promise<string[]> {
    const ids: string[] = [];
    for (const target of await targets()) {
      const id = await channels.resolve(target.channel);
      const { channel } = Info.parse(await api.call("conversations.info", { channel: id }));
      const trouble = channel.is_private ? null : { code: "NOT_ALLOWED" as const, text: NOT_PRIVATE(target.name, channel.name) };
      if (troubles.set("members", trouble, target._id) && trouble !== null) await tellAdministrators(trouble.text);
      if (channel.is_private) ids.push(id);
    }
    return ids;
  }
  async function membersOf(ids: string[]): Promise<Set<string>> {
    const members = new Set<string>();
    for (const channel of ids) {
      let cursor = "";
      do {
        const page = Page.parse(await api.call("conversations.members", { channel, limit: 999, ...(cursor === "" ? {} : { cursor }) }));
        for (const id of page.members) members.add(id);
        cursor = page.response_metadata?.next_cursor ?? "";
      } while (cursor !== "");
    }
    return members;
  }

  /** False: an agent of theirs is switched off, or their account may be nobody's. */
  async function admit(user: SlackUser): Promise<boolean> {
    if ((await agentByLink(core, "slack", user.id)) !== undefined) return true;
    if (unfit(user, (await team()).teamId) !== null) return false;
    // what another process changed a moment ago counts: nobody who was just switched off comes back under a new name
    forgetSettings(core);
    const known = await allAgents(core);
    const email = user.is_email_confirmed ? user.profile.email?.toLowerCase() : undefined;
    // an agent of the settings file is linked by their address, or was switched off on purpose
    if (email !== undefined && known.some((agent) => agent.email === email)) return false;
    const name = nameOf(user);
    const taken = known.some((agent) => agent.name.toLowerCase() === name.toLowerCase() && agent.email !== madeAddress(user.id));
    const now = core.clock.now(), picture = user.profile.image_192;
    const agent: Agent = {
      _id: newId(now), name: taken ? `${name} (${user.name})` : name, email: madeAddress(user.id), role: "agent", active: true, ...(picture == null ? {} : { avatar: picture }),
      links: [{ desk: "slack", userId: user.id }], inboxIds: "all", timeZone: "UTC", createdAt: now,
    };
    try { await core.store.agents.insertOne(agent); } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // made before, and left since
      const { matchedCount } = await core.store.agents.updateOne({ email: agent.email, active: true, "links.desk": { $ne: "slack" } }, { $push: { links: agent.links[0]! } });
      if (matchedCount === 0) return false;
    }
    forgetSettings(core);
    core.log.info({ agentId: agent._id }, "Membership of a private channel made somebody an agent.");
    await tellAdministrators(`${agent.name} is an agent now: they are in a private channel whose members are agents (membersAreAgents).`);
    return true;
  }

  /** Those who were made agents by a membership that they have no more. */
  async function dismiss(members: ReadonlySet<string>): Promise<void> {
    forgetSettings(core);
    for (const agent of await allAgents(core)) {
      for (const { desk, userId } of agent.links) {
        if (desk !== "slack" || agent.email !== madeAddress(userId) || members.has(userId)) continue;
        const released = await endLink(core, "slack", agent, userId);
        if (released !== null) await tellAdministrators(unlinkedText(agent, "Slack", "they are in none of the private channels whose members are agents any more", released));
      }
    }
  }

  return {
    async meet(user) {
      if ((await targets()).length === 0) return false;
      return (await membersOf(await places())).has(user.id) && admit(user);
    },
    async event(event) {
      const read = Moved.safeParse(event);
      if (!read.success || (await targets()).length === 0 || read.data.user === (await team()).botUserId) return;
      const ids = await places();
      if (!ids.includes(read.data.channel)) return;
      const user = read.data.type === "member_joined_channel" ? await profile(read.data.user) : null;
      if (user !== null) await admit(user);
      // leaving one of them is no leaving as long as they are in another
      else if (read.data.type === "member_left_channel") await dismiss(await membersOf(ids));
    },
    async review() {
      const ids = await places();
      const members = await membersOf(ids);
      await dismiss(members);
      const { botUserId } = await team();
      for (const id of members) {
        if (id === botUserId || (await agentByLink(core, "slack", id)) !== undefined) continue;
        const user = await profile(id);
        if (user !== null) await admit(user);
      }
    },
  };
}
