/** The fake Telegram as a process of its own; it tells of each message that reached a customer. */
import { FakeTelegram } from "../fakes/telegram/server.ts";
import { CHATS, FIRST_CHAT, FIRST_RECIPIENT, idOf, listen, REACHABLE, Reporter, tell, TOKEN } from "./wire.ts";

const reporter = new Reporter();
const fake = await FakeTelegram.start({ token: TOKEN, record: false });
for (let i = 0; i < CHATS; i++) fake.user(FIRST_CHAT + i);
for (let i = 0; i < REACHABLE; i++) fake.user(FIRST_RECIPIENT + i);
const show = fake.state.show.bind(fake.state);
fake.state.show = (message) => {
  show(message);
  // Nobody reads the list here; it would only grow.
  fake.state.shown.length = 0;
  reporter.arrived(idOf(message.text));
};
listen(() => undefined, async () => { await fake.close(); process.exit(0); });
tell({ type: "ready", port: 0, apiRoot: fake.apiRoot });
