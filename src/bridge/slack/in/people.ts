/** Who people of the workspace are: their names, and which of them are agents. Source: docs.slack.dev/reference/objects/user-object */
import { z } from "zod";
import type { Core } from "../../../core/core.ts";
import type { Agent } from "../../../core/model/types.ts";
import { agentByLink, allAgents, forgetSettings } from "../../../core/services/inbox-settings.ts";
import { endLink, unlinkedText } from "../../shared/unlink.ts";
import type { SlackApi } from "../api.ts";
import { slackCode } from "../errors.ts";
import { Recent } from "../../shared/recent.ts";

const User = z.object({
  id: z.string(), team_id: z.string().optional(), name: z.string().default(""), real_name: z.string().nullish(), deleted: z.boolean().default(false), is_bot: z.boolean().default(false),
  is_restricted: z.boolean().default(false), is_ultra_restricted: z.boolean().default(false), is_stranger: z.boolean().default(false), is_email_confirmed: z.boolean().default(false),
  profile: z.object({ display_name: z.string().nullish(), real_name: z.string().nullish(), email: z.string().nullish(), image_192: z.string().nullish() }).default({}),
});
export type SlackUser = z.infer<typeof User>;
const UserEvent = z.object({ type: z.enum(["user_change", "team_join"]), user: User });
const Group = z.object({ usergroups: z.array(z.object({ id: z.string(), handle: z.string() })) });
const Channel = z.object({ channel: z.object({ name: z.string().optional() }) });

const FRESH_MS = 10 * 60_000;
/** A line waits this long for its author's name; then it is stored without. */
const ASK_MS = 2_000;
const KEPT = 5_000;

export interface People {
  /** The name under which a person's line is stored; links them first where that is certain. */
  meet(userId: string): Promise<string>;
  /** An agent's name, else the one they go by in Slack; null when Slack does not say. */
  user(id: string): Promise<string | null>;
  /** What Slack says of an account; null when it does not. */
  profile(id: string): Promise<SlackUser | null>;
  channel(id: string): Promise<string | null>;
  group(id: string): Promise<string | null>;
  /** `/desk link`: links this person if their address says whose account it is, and says in words what came of it. */
  link(userId: string): Promise<string>;
  /** A changed or new profile. */
  event(event: unknown): Promise<void>;
  /** Looks whether the linked accounts are still there: what was missed while nothing could be heard. */
  review(): Promise<void>;
}
export interface PeopleOptions { core: Core; api: SlackApi; team(): Promise<{ teamId: string }>; tellAdministrators(text: string): Promise<void>; /** Another way to be an agent: true when they are linked now. */ admit(user: SlackUser): Promise<boolean> }

export const nameOf = (user: SlackUser): string => [user.profile.display_name, user.profile.real_name, user.real_name, user.name].find((name) => name != null && name !== "") ?? user.id;
/** Why an account may not be an agent's; null when it may. */
export function unfit(user: SlackUser, teamId: string): string | null {
  if (user.deleted) return "this account is deactivated";
  if (user.is_bot) return "this account is an app's";
  if (user.is_restricted || user.is_ultra_restricted) return "guests of the workspace can't be agents";
  if (user.is_stranger || (user.team_id !== undefined && user.team_id !== teamId)) return "people of other organisations can't be agents";
  return null;
}

export function createPeople({ core, api, team, tellAdministrators, admit }: PeopleOptions): People {
  const users = new Recent<{ user: SlackUser; at: number }>(KEPT);
  const channels = new Recent<string>(KEPT);
  const tried = new Recent<number>(KEPT);
  let groups: { names: Map<string, string>; at: number } | null = null;
  const now = () => core.clock.now().getTime();
  const soon = () => ({ signal: AbortSignal.timeout(ASK_MS), priority: "interactive" as const });

  const keep = (user: SlackUser): SlackUser => { users.set(user.id, { user, at: now() }); return user; };
  /** @throws {DeskError} */
  const ask = async (id: string): Promise<SlackUser> => keep(z.object({ user: User }).parse(await api.call("users.info", { user: id }, soon())).user);
  async function known(id: string): Promise<SlackUser | null> {
    const cached = users.get(id);
    if (cached !== undefined && now() - cached.at < FRESH_MS) return cached.user;
    return ask(id).catch((error: unknown) => {
      core.log.debug({ code: slackCode(error) }, "Slack did not say who somebody is.");
      return cached?.user ?? null;
    });
  }

  /** Null when linked; else why not, for the person. */
  async function tryLink(user: SlackUser): Promise<string | null> {
    const why = unfit(user, (await team()).teamId);
    if (why !== null) return `Not linked: ${why}.`;
    const email = user.profile.email?.toLowerCase();
    if (email === undefined || email === "") return "Not linked: Slack does not show Threadline your e-mail address. The app needs the scope users:read.email; or an administrator links you.";
    if (!user.is_email_confirmed) return "Not linked: your e-mail address is not confirmed in Slack yet. Confirm it there, then write /desk link again.";
    const agent = (await allAgents(core)).find((one) => one.email === email);
    if (agent === undefined) return "Not linked: no agent has the e-mail address of your Slack account. Ask an administrator to add you as an agent with that address.";
    if (!agent.active) return "Not linked: the agent with your e-mail address is switched off. Ask an administrator.";
    const picture = user.profile.image_192;
    const { modifiedCount } = await core.store.agents.updateOne(
      { _id: agent._id, active: true, "links.desk": { $ne: "slack" } },
      { $push: { links: { desk: "slack", userId: user.id } }, ...(agent.avatar === undefined && picture != null ? { $set: { avatar: picture } } : {}) },
    );
    forgetSettings(core);
    if (modifiedCount === 0 && (await agentByLink(core, "slack", user.id)) === undefined) return `Not linked: ${agent.name} is linked to another Slack account already. Ask an administrator to end that link first.`;
    core.log.info({ agentId: agent._id }, "A Slack account was linked to its agent by their e-mail address.");
    return null;
  }

  async function unlink(agent: Agent, userId: string, why: string): Promise<void> {
    const released = await endLink(core, "slack", agent, userId);
    if (released !== null) await tellAdministrators(unlinkedText(agent, "Slack", why, released));
  }

  async function look(user: SlackUser): Promise<void> {
    const agent = await agentByLink(core, "slack", user.id);
    const why = agent === undefined ? null : unfit(user, (await team()).teamId);
    if (agent !== undefined && why !== null) await unlink(agent, user.id, why);
  }

  return {
    async meet(userId) {
      const agent = await agentByLink(core, "slack", userId);
      if (agent !== undefined) return agent.name;
      const user = await known(userId);
      if (user === null) return userId;
      if (now() - (tried.get(userId) ?? -Infinity) > FRESH_MS / 10) {
        tried.set(userId, now());
        if ((await tryLink(user)) !== null) await admit(user).catch((error: unknown) => core.log.debug({ err: error }, "Slack did not say who is in a channel."));
      }
      return (await agentByLink(core, "slack", userId))?.name ?? nameOf(user);
    },
    async user(id) {
      const agent = await agentByLink(core, "slack", id);
      if (agent !== undefined) return agent.name;
      const user = await known(id);
      return user === null ? null : nameOf(user);
    },
    profile: known,
    async channel(id) {
      const cached = channels.get(id);
      if (cached !== undefined) return cached;
      const name = await api.call("conversations.info", { channel: id }, soon()).then((answer) => Channel.parse(answer).channel.name ?? null, () => null);
      if (name !== null) channels.set(id, name);
      return name;
    },
    async group(id) {
      if (groups === null || now() - groups.at > FRESH_MS) {
        const names = await api.call("usergroups.list", { include_disabled: true }, soon()).then((answer) => new Map(Group.parse(answer).usergroups.map((group) => [group.id, group.handle])), () => null);
        groups = { names: names ?? groups?.names ?? new Map<string, string>(), at: now() };
      }
      return groups.names.get(id) ?? null;
    },
    async link(userId) {
      const before = await agentByLink(core, "slack", userId);
      if (before !== undefined) return `You are linked to the agent ${before.name}.`;
      const user = await ask(userId).catch(() => null);
      if (user === null) return "Not linked: Slack did not say who you are. Try again in a minute; if it stays so, the app needs the scopes users:read and users:read.email.";
      const unlinked = await tryLink(user);
      const why = unlinked !== null && (await admit(user).catch(() => false)) ? null : unlinked;
      return why ?? `You are linked to the agent ${(await agentByLink(core, "slack", userId))?.name ?? nameOf(user)}. What you write in a conversation's thread goes to the customer from now on.`;
    },
    async event(event) {
      const read = UserEvent.safeParse(event);
      if (!read.success) return;
      tried.delete(read.data.user.id);
      await look(keep(read.data.user));
    },
    async review() {
      for (const { links } of await allAgents(core)) {
        for (const { desk, userId } of links) {
          if (desk !== "slack") continue;
          const user = await api.call("users.info", { user: userId }, { priority: "post" }).then((answer) => z.object({ user: User }).parse(answer).user, () => null);
          if (user !== null) await look(keep(user));
        }
      }
    },
  };
}
