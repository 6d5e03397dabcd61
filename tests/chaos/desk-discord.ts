/** A fake Discord as the desk: agents are members of its server, and what counts is what the posts of its forum show. */
import { setTimeout as sleep } from "node:timers/promises";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import { objects, type FakeChannel, type FakeMessage, type Json } from "../fakes/discord/types.ts";
import { Desk, type DeskPost, type DeskThread, type Notice } from "./desk.ts";
import { breakDiscord, healDiscord } from "./faults-discord.ts";
import { Broken } from "./http.ts";
import type { Dice } from "./options.ts";
import { AGENTS, type DeskPlace, type World } from "./world.ts";

const FORUM = "support";
const ROLES = { administrator: "Leads", agent: "Support" };
const RECEIPTS: Record<string, string> = { "⏳": "⏳", "✅": "✅", "👁️": "👁", "📬": "📬", "⚠️": "⚠️", "❔": "❔" };
/** The one that says most of those that stand there while one takes the other's place. */
const STRONGEST = ["❔", "⚠️", "👁️", "📬", "✅", "⏳"];
/** The bot's mark on a line that waits for its author's word. */
const HELD = "✋";
/** An agent presses again when Discord shows that the application did not respond. */
const PRESSES = 3;
const AGAIN_MS = 1_000;
const READY_MS = 60_000;

class DiscordDesk extends Desk {
  constructor(world: World, onLine: ConstructorParameters<typeof Desk>[1], private readonly fake: FakeDiscord, private readonly forum: FakeChannel, private readonly people: ReadonlyMap<string, string>) { super(world, onLine); }

  async look(): Promise<void> {
    for (const { id, parent } of this.fake.threads()) if (parent === this.forum.id) await this.read(this.thread(id));
  }
  async read(thread: DeskThread): Promise<void> {
    const there = this.fake.messagesIn(thread.id).filter(({ id, type }) => id !== thread.id && (type === 0 || type === 19));
    const posts = there.flatMap((message) => this.asPosts(message)).map((post, position) => ({ ...post, position }));
    for (const post of posts) this.saw(thread, post);
    const ids = new Set(posts.map(({ id }) => id));
    for (const post of thread.posts.values()) post.deleted = !ids.has(post.id);
  }

  /** A customer's waiting lines go as one message: each counts by itself. */
  private asPosts(message: FakeMessage): Omit<DeskPost, "position">[] {
    const bot = this.fake.bot.id;
    const mine = [...message.reactions].filter(([, who]) => who.has(bot)).map(([emoji]) => emoji);
    const receipt = STRONGEST.find((emoji) => mine.includes(emoji));
    const post = { deleted: false, held: mine.includes(HELD), receipt: receipt === undefined ? null : RECEIPTS[receipt]! };
    if (message.author.id !== bot) return [{ ...post, id: message.id, by: "agent", text: message.content }];
    const { from, lines, foot } = readPost(message.content);
    return lines.map((line, n) => ({ ...post, id: `${message.id} ${n}`, by: from, text: foot === "" ? line : `${line}\n(${foot})` }));
  }

  async write(thread: DeskThread, agent: string, text: string): Promise<{ taken: boolean; status: string }> {
    return { taken: true, status: this.fake.memberPosts(thread.id, this.people.get(agent)!, text).id };
  }
  /** What is asked stands in the thread as a short reply that calls one person; elsewhere in their direct messages. */
  async notices(agent: string): Promise<Notice[] | null> {
    const user = this.people.get(agent)!;
    const calls = (message: FakeMessage) => message.author.id === this.fake.bot.id && (message.pings.users.includes(user) || this.fake.channel(message.channel).recipient === user);
    const places = [...this.threads.keys(), this.fake.directWith(user).id];
    return places.flatMap((place) => this.fake.messagesIn(place).filter(calls)).map(({ id, channel, components }) => ({ id, threadId: channel, buttons: buttonsOf(components).map(({ verb }) => ({ id: verb })) }));
  }
  /** The question comes before the mark on its line. */
  override isPlain(thread: DeskThread, notice: Notice): boolean {
    return [...thread.posts.values()].every((post) => post.by !== "agent" || BigInt(post.id) > BigInt(notice.id) || post.held || post.receipt !== null);
  }
  async press(agent: string, notice: Notice, button: string): Promise<string> {
    for (let press = 1; press <= PRESSES; press++) {
      const message = this.fake.messages.get(notice.id);
      const found = message === undefined || message.deleted ? undefined : buttonsOf(message.components).find(({ verb }) => verb === button);
      if (found === undefined) return "the notice is gone";
      const { ack } = await this.fake.memberPressesButton(notice.id, found.customId, this.people.get(agent)!);
      if (ack !== null) return press === 1 ? "acknowledged" : `acknowledged at press ${press}`;
      await sleep(AGAIN_MS);
    }
    throw new Broken(true, "no press was acknowledged");
  }
}

/** Name, text and small print of a post of ours, as people read them; the ref that ends it says nothing to people. */
function readPost(content: string): { from: "customer" | "bot"; lines: string[]; foot: string } {
  const all = content.replace(/\\([^0-9A-Za-z\s])/g, "$1").split("\n");
  const isName = /^\*\*.*\*\*$/.test(all[0] ?? "");
  const foot = all.filter((line) => line.startsWith("-# ")).map((line) => line.slice(3).replace(/(?:^| · )ref [0-9a-z]{8}.*$/, "")).filter((line) => line !== "").join(" ");
  return { from: isName ? "customer" : "bot", lines: all.slice(isName ? 1 : 0).filter((line) => !line.startsWith("-# ") && line !== ""), foot: isName ? foot : "" };
}

/** What a button of ours does stands at the end of its id. */
const buttonsOf = (components: Json[]): { customId: string; verb: string }[] =>
  components.flatMap((one) => (one["type"] === 1 ? objects(one["components"]) : [])).map((button) => String(button["custom_id"])).map((customId) => ({ customId, verb: customId.split("|").slice(2).join("|").split(":")[0]! }));

/** Discord's own limits are off but for the injected 429s; ours are off by `limits: off`. */
export async function discord(dice: Dice, pace: number): Promise<DeskPlace> {
  const fake = await FakeDiscord.start({ record: false });
  const [leads, support] = [fake.addRole(ROLES.administrator).id, fake.addRole(ROLES.agent).id];
  const people = new Map(AGENTS.map((name, at) => [name as string, fake.addMember(name, { roles: [at === 0 ? leads : support] }).user.id]));
  const forum = fake.addForum(FORUM), lounge = fake.addTextChannel("team");
  let stopFaults = (): void => undefined;
  return {
    settings: [`{ name: Desk, kind: discord, channel: "#${FORUM}", guild: "${fake.guildId}", botToken: "${fake.token}", apiUrl: "${fake.restUrl}", roles: { agent: ${ROLES.agent}, administrator: ${ROLES.administrator} } }`],
    undoSeconds: 2,
    see: (world, onLine) => new DiscordDesk(world, onLine, fake, forum, people),
    /** Each agent links their account, as people do first. */
    async ready() {
      const until = performance.now() + READY_MS;
      const linked = async (user: string) => {
        if (!fake.commands().some(({ name }) => name === "link")) return false;
        const { ack } = await fake.memberRunsCommand("link", {}, lounge, user);
        return ack !== null;
      };
      for (const [name, user] of people) {
        while (!(await linked(user))) {
          if (performance.now() > until) throw new Error(`${name}'s /link was never answered.`);
          await sleep(AGAIN_MS);
        }
      }
      stopFaults = breakDiscord(fake, dice, pace);
    },
    heal() { stopFaults(); healDiscord(fake); },
    pending: () => fake.gateway.waiting + (fake.gateway.connected === 0 ? 1 : 0),
    async close() { stopFaults(); await fake.stop(); },
  };
}
