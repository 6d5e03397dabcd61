/**
 * Who people of the server are, and which of them are agents. Discord tells no e-mail address: whom the server's roles make an agent is one.
 * Source: discord.com/developers/docs/resources/guild#guild-member-object
 */
import type { Core } from "../../../core/core.ts";
import { newId } from "../../../core/model/ids.ts";
import type { Agent, Role } from "../../../core/model/types.ts";
import { agentByLink, allAgents, forgetSettings } from "../../../core/services/inbox-settings.ts";
import { isDuplicateKey } from "../../../core/store/store.ts";
import { Recent } from "../../shared/recent.ts";
import { endLink, unlinkedText } from "../../shared/unlink.ts";
import type { DiscordApi } from "../api.ts";
import { discordCode } from "../errors.ts";
import { Member, type Directory } from "./directory.ts";
import { displayName, type Writer } from "./parse.ts";
import { ownsServer, rankOf, standingOf, type RoleSettings } from "./roles.ts";
import type { Names } from "./text.ts";

export interface People {
  /** The name under which a person's line is stored; links them first where their roles say so. */
  meet(writer: Writer): Promise<string>;
  /** Names for mentions; `named` are those that the message itself tells. */
  names(named?: ReadonlyMap<string, string>): Names;
  /** `/link`: links this person where their roles, or their being the server's owner, allow it, and says in words what came of it. */
  link(userId: string): Promise<string>;
  /** Looks whether the linked accounts may still act: what was missed while nothing could be heard. */
  review(): Promise<void>;
}
export interface PeopleOptions { core: Core; api: DiscordApi; directory: Directory; roles: RoleSettings | undefined; tellAdministrators(text: string): Promise<void> }

const KEPT = 5_000;
/** Unknown Member, Unknown User. Source: discord.com/developers/docs/topics/opcodes-and-status-codes#json */
const NOT_THERE = new Set([10_007, 10_013]);
/** Agents that roles made have no address of their own. RFC 2606: nothing is ever delivered there. */
const madeAddress = (userId: string): string => `${userId}@discord.invalid`;

export function createPeople({ core, api, directory, roles, tellAdministrators }: PeopleOptions): People {
  const known = new Recent<string>(KEPT);
  const mapped = roles !== undefined && Object.values(roles).some((names) => names !== undefined && names.length > 0);

  const standing = (held: readonly string[]): Role | null => standingOf(roles, held.map((id) => ({ id, name: directory.roles.get(id)?.name ?? "" })));
  const owns = (userId: string, held: readonly string[]): boolean => ownsServer(directory.memberMay(userId, held));

  /** Free agents that go by one of these names. */
  async function namesakes(names: string[]): Promise<Agent[]> {
    const wanted = new Set(names.map((name) => name.trim().toLowerCase()));
    return (await allAgents(core)).filter((agent) => agent.active && wanted.has(agent.name.toLowerCase()) && agent.links.every(({ desk }) => desk !== "discord"));
  }
  async function join(agent: Agent, userId: string): Promise<boolean> {
    const { modifiedCount } = await core.store.agents.updateOne({ _id: agent._id, active: true, "links.desk": { $ne: "discord" } }, { $push: { links: { desk: "discord", userId } } });
    forgetSettings(core);
    if (modifiedCount > 0) core.log.info({ agentId: agent._id }, "A Discord account was linked to its agent.");
    return modifiedCount > 0;
  }
  async function make(writer: Writer, role: Role): Promise<boolean> {
    const taken = (await allAgents(core)).some(({ name }) => name.toLowerCase() === writer.displayName.toLowerCase());
    const now = core.clock.now();
    const agent: Agent = {
      _id: newId(now), name: taken ? `${writer.displayName} (${writer.username})` : writer.displayName, email: madeAddress(writer.userId), role, active: true,
      links: [{ desk: "discord", userId: writer.userId }], inboxIds: "all", timeZone: "UTC", createdAt: now,
    };
    try { await core.store.agents.insertOne(agent); } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // made before, unlinked since: the roles have come back
      const { matchedCount } = await core.store.agents.updateOne({ email: agent.email, active: true, "links.desk": { $ne: "discord" } }, { $set: { role }, $push: { links: agent.links[0]! } });
      if (matchedCount === 0) return false;
    }
    forgetSettings(core);
    core.log.info({ role }, "A role of the Discord server made somebody an agent.");
    await tellAdministrators(`${agent.name} (${writer.username} on Discord) is ${role === "agent" ? "an agent" : `${role === "supervisor" ? "a" : "an"} ${role}`} now: their roles in the server say so.`);
    return true;
  }

  /** Null when linked; else why not, for the person. `asked`: they asked for it, so that owning the server counts too. */
  async function tryLink(writer: Writer & { roles: string[] }, asked: boolean): Promise<string | null> {
    const byRole = standing(writer.roles);
    const role = byRole ?? (asked && owns(writer.userId, writer.roles) ? "administrator" : null);
    if (role === null) {
      return mapped ? "Not linked: none of your roles in this server makes you an agent. Ask an administrator for such a role, then use /link again."
        : "Not linked: this desk's settings name no roles that make people agents. An administrator sets `roles` in threadline.yaml; whoever manages the server can link themselves with /link.";
    }
    const found = (await namesakes([writer.displayName, writer.username])).filter((agent) => rankOf(agent.role) <= rankOf(role));
    if (found.length > 1) return "Not linked: several agents go by your name. Ask an administrator to tell them apart.";
    if (found.length === 1 && (await join(found[0]!, writer.userId))) return null;
    if (byRole === null) return `Not linked: no free agent is called ${writer.displayName} or ${writer.username}. Add one by that name to threadline.yaml (agents), apply it, and use /link again.`;
    return (await make(writer, byRole)) ? null : "Not linked: your agent is switched off. Ask an administrator.";
  }

  async function unlink(agent: Agent, userId: string, why: string): Promise<void> {
    const released = await endLink(core, "discord", agent, userId);
    if (released !== null) await tellAdministrators(unlinkedText(agent, "Discord", why, released));
  }
  /** Whether a linked person may still act, by the roles they have now. */
  async function look(agent: Agent, userId: string, held: readonly string[]): Promise<void> {
    if (!directory.here || !mapped) return;
    const role = standing(held);
    if (role === null) { if (!owns(userId, held)) await unlink(agent, userId, "none of their roles in the server makes them an agent any more"); return; }
    if (agent.email === madeAddress(userId) && agent.role !== role) {
      await core.store.agents.updateOne({ _id: agent._id }, { $set: { role } });
      forgetSettings(core);
    } else if (rankOf(agent.role) > rankOf(role) && !owns(userId, held)) {
      await unlink(agent, userId, `their roles in the server make them ${role} at most, and this agent is ${agent.role}`);
    }
  }
  /** @throws {DeskError} */
  async function ask(userId: string): Promise<Writer & { roles: string[] }> {
    const member = Member.parse(await api.call("GET", `/guilds/${directory.guildId}/members/${userId}`, { priority: "interactive" }));
    return { userId, username: member.user.username, displayName: displayName(member.user, member.nick), roles: member.roles };
  }

  return {
    async meet(writer) {
      known.set(writer.userId, writer.displayName);
      const { roles: held } = writer;
      const agent = await agentByLink(core, "discord", writer.userId);
      if (agent !== undefined) {
        if (held !== null) await look(agent, writer.userId, held);
        return agent.name;
      }
      // what is read back does not bear its author's roles
      const now = held ?? (mapped ? await ask(writer.userId).then((member) => member.roles, () => null) : null);
      if (now !== null && standing(now) !== null) await tryLink({ ...writer, roles: now }, false);
      return (await agentByLink(core, "discord", writer.userId))?.name ?? writer.displayName;
    },
    names: (named) => ({
      user: (id) => named?.get(id) ?? known.get(id) ?? null,
      role: (id) => directory.roles.get(id)?.name ?? null,
      channel: (id) => directory.channels.get(id)?.name ?? null,
    }),
    async link(userId) {
      const before = await agentByLink(core, "discord", userId);
      if (before !== undefined) return `You are linked to the agent ${before.name}.`;
      const writer = await ask(userId).catch(() => null);
      if (writer === null) return "Not linked: Discord did not say which roles you have. Try again in a minute.";
      const why = await tryLink(writer, true);
      return why ?? `You are linked to the agent ${(await agentByLink(core, "discord", userId))?.name ?? writer.displayName}. What you write in a conversation's thread goes to the customer from now on.`;
    },
    async review() {
      for (const agent of await allAgents(core)) {
        for (const { desk, userId } of agent.links) {
          if (desk !== "discord") continue;
          try { await look(agent, userId, (await ask(userId)).roles); } catch (error) {
            if (NOT_THERE.has(discordCode(error) ?? 0)) await unlink(agent, userId, "they left the server");
          }
        }
      }
    },
  };
}
