/** The fake Slack as a process of its own: it tells of each customer's line that was posted, and its agent writes when asked. */
import { FakeSlack } from "../fakes/slack/server.ts";
import { AGENT, idOf, listen, Reporter, tell } from "./wire.ts";

const reporter = new Reporter();
const fake = new FakeSlack({ record: false });
await fake.start();
const user = fake.space.addUser(AGENT.toLowerCase(), { realName: AGENT, displayName: AGENT }).id;
const channel = fake.space.addChannel("support", { members: [user] }).id;
/** Threads by the customer's chat, which their name ends with. */
const threads = new Map<number, string>();

const post = fake.messages.post.bind(fake.messages);
fake.messages.post = (where, content) => {
  const stored = post(where, content);
  if (stored.botId === null || stored.username === null) return stored;
  const chat = Number(/(\d+) · /.exec(stored.username)?.[1]);
  if (stored.threadTs !== null) threads.set(chat, stored.threadTs);
  // Waiting lines of one customer come as one post.
  for (const line of stored.text.split("\n")) reporter.arrived(idOf(line));
  return stored;
};

function say(chat: number, id: string): void {
  const known = threads.get(chat) ?? fake.userPosts(channel, user, `Chat ${chat}`);
  threads.set(chat, known);
  fake.userPosts(channel, user, `${id} here is the answer to your question, ${chat}`, { threadTs: known });
}
listen(say, async () => { await fake.stop(); process.exit(0); });
tell({ type: "ready", port: 0, place: { desk: "slack", settings: { apiUrl: fake.apiUrl, botToken: fake.botToken, appToken: fake.appToken }, channel, user } });
