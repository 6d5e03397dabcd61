/** The fake Discord as a process of its own: it tells of each customer's line that was posted, and its agent writes when asked. */
import { FakeDiscord } from "../fakes/discord/discord.ts";
import { AGENT, idOf, listen, Reporter, tell } from "./wire.ts";

const reporter = new Reporter();
const fake = await FakeDiscord.start({ record: false });
const user = fake.addMember(AGENT).user.id;
const forum = fake.addForum("support"), floor = fake.addTextChannel("floor");
/** Threads by the customer's chat, which the name above a line ends with. */
const threads = new Map<number, string>();

const publish = fake.emit;
fake.emit = (event, data, place) => {
  const { channel_id: channel, content } = data as { channel_id?: string; content?: string };
  const [, chat, text] = /^\*\*[^\n]*?(\d+) · [^\n]*\*\*\n([\s\S]*)$/.exec(event === "MESSAGE_CREATE" ? content ?? "" : "") ?? [];
  if (text !== undefined) {
    if (channel !== floor.id) threads.set(Number(chat), channel!);
    // Waiting lines of one customer come as one post; its last line is small print.
    for (const line of text.split("\n")) if (!line.startsWith("-# ")) reporter.arrived(idOf(line));
  }
  publish(event, data, place);
};

function say(chat: number, id: string): void {
  const known = threads.get(chat) ?? fake.memberStartsThread(forum, user, `Chat ${chat}`, "Hello").thread.id;
  threads.set(chat, known);
  fake.memberPosts(known, user, `${id} here is the answer to your question, ${chat}`);
}
listen(say, async () => { await fake.stop(); process.exit(0); });
tell({ type: "ready", port: 0, place: { desk: "discord", settings: { apiUrl: fake.restUrl, botToken: fake.token, guild: fake.guildId }, gatewayUrl: fake.gatewayUrl, channel: forum.id, floorChannel: floor.id, user } });
