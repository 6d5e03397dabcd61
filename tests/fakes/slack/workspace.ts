/** A workspace held in memory: who and what exists, and the ids they get. */
import { FakeClock } from "./clock.ts";
import { SlackRefusal, type ChannelKind, type EphemeralMessage, type FakeChannel, type FakeFile, type FakeUser, type StoredMessage } from "./types.ts";

export type UserOptions = Partial<Omit<FakeUser, "id">> & { id?: string };
export type ChannelOptions = Partial<Pick<FakeChannel, "kind" | "archived" | "shared" | "topic" | "purpose" | "id">> & { members?: string[]; botIsMember?: boolean };

/** Microseconds as Slack writes them: "1700000000.000100". */
export const tsOf = (micros: number): string => `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, "0")}`;
export const isTs = (value: unknown): value is string => typeof value === "string" && /^\d{1,12}\.\d{1,6}$/.test(value);

export class Workspace {
  readonly clock = new FakeClock();
  readonly team = { id: "T0FAKE0001", name: "Fake Team", domain: "fake-team", emailDomain: "example.com" };
  readonly appId = "A0FAKE0001";
  readonly botId = "B0FAKE0001";
  readonly botUserId = "U0FAKEBOT1";
  appName = "Helpdesk";
  readonly users = new Map<string, FakeUser>();
  readonly channels = new Map<string, FakeChannel>();
  readonly files = new Map<string, FakeFile>();
  readonly ephemerals: EphemeralMessage[] = [];
  readonly userGroups: { id: string; name: string; handle: string; users: string[]; disabled: boolean }[] = [];
  readonly emoji: Record<string, string> = {};
  /** What `assistant.threads.setStatus` last showed, by "channel:thread_ts". */
  readonly statuses = new Map<string, { status: string; username: string | null; at: number }>();
  private counter = 0;

  constructor() {
    this.addUser("helpdesk", { id: this.botUserId, bot: true, realName: this.appName, botId: this.botId });
    this.addUser("slackbot", { id: "USLACKBOT", realName: "Slackbot" });
  }

  nextId(prefix: string): string { return `${prefix}0${(++this.counter).toString(36).toUpperCase().padStart(8, "0")}`; }
  now(): number { return this.clock.now(); }

  addUser(name: string, options: UserOptions = {}): FakeUser {
    const id = options.id ?? this.nextId("U");
    const user: FakeUser = {
      teamId: options.stranger === true ? "T0STRANGER" : this.team.id, name, realName: name, displayName: name,
      email: options.bot === true ? null : `${name}@${this.team.emailDomain}`, emailConfirmed: options.bot !== true,
      admin: false, owner: false, restricted: false, ultraRestricted: false, stranger: false, bot: false, deleted: false,
      botId: null, timeZone: "Europe/Berlin", image: `https://avatars.example.com/${id}.png`, updated: this.clock.seconds(), presence: "active", ...options, id,
    };
    this.users.set(id, user);
    return user;
  }

  addChannel(name: string, options: ChannelOptions = {}): FakeChannel {
    const channel: FakeChannel = {
      id: options.id ?? this.nextId("C"), name, kind: options.kind ?? "public", archived: options.archived ?? false, deleted: false, shared: options.shared ?? false,
      members: new Set(options.members), created: this.clock.seconds(), topic: options.topic ?? "", purpose: options.purpose ?? "", with: null, messages: [], byTs: new Map(), threads: new Map(), lastTs: 0,
    };
    if (options.botIsMember !== false) channel.members.add(this.botUserId);
    this.channels.set(channel.id, channel);
    return channel;
  }

  /** The direct conversation between the bot and a person, made when there is none. */
  directWith(userId: string): FakeChannel {
    const known = [...this.channels.values()].find((channel) => channel.kind === "im" && channel.with === userId);
    if (known !== undefined) return known;
    const channel = this.addChannel("", { kind: "im" as ChannelKind, id: this.nextId("D"), members: [userId] });
    channel.with = userId;
    return channel;
  }

  user(id: string): FakeUser {
    const user = this.users.get(id);
    if (user === undefined) throw new Error(`The fake workspace has no user ${id}.`);
    return user;
  }
  channel(id: string): FakeChannel {
    const channel = this.channels.get(id);
    if (channel === undefined || channel.deleted) throw new Error(`The fake workspace has no channel ${id}.`);
    return channel;
  }
  message(channelId: string, ts: string): StoredMessage {
    const message = this.find(channelId, ts);
    if (message === undefined) throw new Error(`There is no message ${ts} in ${channelId}.`);
    return message;
  }
  find(channelId: string, ts: string): StoredMessage | undefined { return this.channels.get(channelId)?.byTs.get(ts); }

  /** A channel as the bot may know it. @throws SlackRefusal `channel_not_found` */
  visible(reference: unknown): FakeChannel {
    const asked = typeof reference === "string" ? reference : "";
    const channel = this.channels.get(asked) ?? [...this.channels.values()].find((candidate) => candidate.kind !== "im" && `#${candidate.name}` === asked);
    if (channel === undefined || channel.deleted || (channel.kind !== "public" && !channel.members.has(this.botUserId))) throw new SlackRefusal("channel_not_found");
    return channel;
  }

  /** Unique and growing within its channel. */
  nextTs(channel: FakeChannel): string {
    channel.lastTs = Math.max(Math.floor(this.now() * 1000), channel.lastTs + 1);
    return tsOf(channel.lastTs);
  }
  /** An event's own time, never a message's. */
  eventTs(): string { return tsOf(Math.floor(this.now() * 1000) + (++this.counter % 1000)); }

  replies(channel: FakeChannel, threadTs: string): readonly StoredMessage[] { return channel.threads.get(threadTs) ?? []; }
  /** The parent, if it is still there, and its replies. */
  thread(channel: FakeChannel, threadTs: string): StoredMessage[] { return [channel.byTs.get(threadTs), ...this.replies(channel, threadTs)].filter((message) => message !== undefined); }
  add(channel: FakeChannel, message: StoredMessage): void {
    channel.messages.push(message);
    channel.byTs.set(message.ts, message);
    if (message.threadTs === null || message.threadTs === message.ts) return;
    const thread = channel.threads.get(message.threadTs);
    if (thread === undefined) channel.threads.set(message.threadTs, [message]); else thread.push(message);
  }
  remove(channel: FakeChannel, message: StoredMessage): void {
    channel.messages.splice(channel.messages.indexOf(message), 1);
    channel.byTs.delete(message.ts);
    const thread = message.threadTs === null ? undefined : channel.threads.get(message.threadTs);
    if (thread?.includes(message) === true) thread.splice(thread.indexOf(message), 1);
  }
}
