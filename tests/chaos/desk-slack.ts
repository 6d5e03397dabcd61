/** A fake Slack as the desk: agents are people of its workspace, and what counts is what its channel shows. */
import { setTimeout as sleep } from "node:timers/promises";
import { FakeSlack } from "../fakes/slack/server.ts";
import type { FakeChannel, Json, StoredMessage } from "../fakes/slack/types.ts";
import { Desk, type DeskPost, type DeskThread, type Notice } from "./desk.ts";
import { breakSlack, healSlack } from "./faults-slack.ts";
import { Broken } from "./http.ts";
import type { Dice } from "./options.ts";
import { AGENTS, type DeskPlace, type World } from "./world.ts";

const CHANNEL = "support";
const RECEIPTS: Record<string, string> = { hourglass_flowing_sand: "⏳", white_check_mark: "✅", eye: "👁", warning: "⚠️", grey_question: "❔" };
/** The app's mark on a line that waits for its author's word. */
const HELD = "raised_hand";
/** The one that says most of those that stand there while one takes the other's place. */
const STRONGEST = ["grey_question", "warning", "eye", "white_check_mark", "hourglass_flowing_sand"];
/** An agent presses again when Slack shows that the app did not answer. */
const PRESSES = 3;
const AGAIN_MS = 1_000;
const LINK_MS = 60_000;

class SlackDesk extends Desk {
  constructor(world: World, onLine: ConstructorParameters<typeof Desk>[1], private readonly fake: FakeSlack, private readonly channel: FakeChannel, private readonly people: ReadonlyMap<string, string>) { super(world, onLine); }

  async look(): Promise<void> {
    for (const message of this.fake.messagesIn(this.channel.id)) if (isCard(message) || this.threads.has(message.ts)) await this.read(this.thread(message.ts));
  }
  async read(thread: DeskThread): Promise<void> {
    const there = this.fake.messagesIn(this.channel.id, thread.id).filter(({ ts }) => ts !== thread.id);
    const posts = there.flatMap((message) => this.asPosts(message)).map((post, position) => ({ ...post, position }));
    for (const post of posts) this.saw(thread, post);
    const ids = new Set(posts.map(({ id }) => id));
    for (const post of thread.posts.values()) post.deleted = !ids.has(post.id);
  }

  /** A customer's waiting lines go as one message: each counts by itself. */
  private asPosts(message: StoredMessage): Omit<DeskPost, "position">[] {
    const ours = message.botId === this.fake.space.botId;
    const mine = message.reactions.filter(({ users }) => users.includes(this.fake.space.botUserId)).map(({ name }) => name);
    const receipt = STRONGEST.find((name) => mine.includes(name));
    const post = { deleted: false, held: mine.includes(HELD), receipt: receipt === undefined ? null : RECEIPTS[receipt]! };
    if (!ours) return [{ ...post, id: message.ts, by: "agent", text: message.text }];
    const foot = footOf(message);
    return message.text.split("\n").map((line, n) => ({ ...post, id: `${message.ts} ${n}`, by: message.username === null ? "bot" : "customer", text: foot === "" ? line : `${line}\n(${foot})` }));
  }

  async write(thread: DeskThread, agent: string, text: string): Promise<{ taken: boolean; status: string }> {
    const ts = this.fake.userPosts(this.channel.id, this.people.get(agent)!, text, { threadTs: thread.id });
    return { taken: true, status: ts };
  }
  async notices(agent: string): Promise<Notice[] | null> {
    return this.fake.ephemeralsFor(this.people.get(agent)!).map(({ ts, threadTs, blocks }) => ({ id: ts, threadId: threadTs, buttons: buttonsOf(blocks).map(({ verb }) => ({ id: verb })) }));
  }
  /** The question comes before the mark on its line. */
  override isPlain(thread: DeskThread, notice: Notice): boolean {
    return [...thread.posts.values()].every((post) => post.by !== "agent" || post.id > notice.id || post.held || post.receipt !== null);
  }
  async press(agent: string, notice: Notice, button: string): Promise<string> {
    const user = this.people.get(agent)!;
    for (let press = 1; press <= PRESSES; press++) {
      const own = this.fake.ephemeralsFor(user).find(({ ts }) => ts === notice.id);
      const found = buttonsOf(own?.blocks ?? null).find(({ verb }) => verb === button);
      if (found === undefined) return "the notice is gone";
      const { acked } = await this.fake.userPressesButton(this.channel.id, notice.id, found.actionId, found.value, user);
      if (acked) return press === 1 ? "acknowledged" : `acknowledged at press ${press}`;
      await sleep(AGAIN_MS);
    }
    throw new Broken(true, "no press was acknowledged");
  }
}

const isCard = ({ metadata }: StoredMessage): boolean => metadata?.["event_type"] === "threadline" && typeof (metadata["event_payload"] as Json)["conversation"] === "string";

/** What stands under a post, as all desks of the run show marks. */
const footOf = ({ blocks }: StoredMessage): string =>
  (blocks ?? []).filter((block) => block["type"] === "context").flatMap((block) => (block["elements"] as { text?: string }[]).map((element) => element.text ?? "")).join(" ");

interface Button { actionId: string; value: string; verb: string }
function buttonsOf(blocks: Json[] | null): Button[] {
  return (blocks ?? []).filter((block) => block["type"] === "actions").flatMap((block) => block["elements"] as Json[])
    .map(({ action_id: actionId, value }) => ({ actionId: String(actionId), value: String(value), verb: (JSON.parse(String(value)) as { v: string }).v }));
}

/** Slack's own limits are off but for the injected 429s; ours are off by `limits: off`. */
export async function slack(dice: Dice, pace: number): Promise<DeskPlace> {
  const fake = new FakeSlack({ record: false });
  await fake.start();
  const people = new Map(AGENTS.map((name) => [name as string, fake.space.addUser(name.toLowerCase(), { realName: name, displayName: name }).id]));
  const channel = fake.space.addChannel(CHANNEL, { members: [...people.values()] });
  let stopFaults = (): void => undefined;
  return {
    settings: [`{ name: Desk, kind: slack, channel: "#${CHANNEL}", botToken: "${fake.botToken}", appToken: "${fake.appToken}", apiUrl: "${fake.apiUrl}" }`],
    // Events come late by nature here: they are repeated after some seconds. The undo window is what gives a straggler its place.
    undoSeconds: 4,
    see: (world, onLine) => new SlackDesk(world, onLine, fake, channel, people),
    /** Each agent links their account, as people do first. */
    async ready() {
      const until = performance.now() + LINK_MS;
      for (const [name, user] of people) {
        while (!(await fake.userRunsCommand("/desk", "link", channel.id, user)).acked) {
          if (performance.now() > until) throw new Error(`${name}'s /desk link was never answered.`);
          await sleep(AGAIN_MS);
        }
      }
      stopFaults = breakSlack(fake, dice, pace);
    },
    heal() { stopFaults(); healSlack(fake); },
    pending: () => fake.deliverer.pending,
    async close() { stopFaults(); await fake.stop(); },
  };
}
