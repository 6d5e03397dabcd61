import type { Card } from "../../src/core/ports.ts";
import { readThreadId } from "../../src/bridge/slack/ids.ts";
import { deskContract } from "../contracts/desk-contract.ts";
import type { Json } from "../fakes/slack/types.ts";
import { shownText, startSlack } from "../support/slack.ts";

const RECEIPTS = new Set(["hourglass_flowing_sand", "white_check_mark", "warning", "grey_question", "eye"]);

deskContract("slack", {
  async make() {
    const { fake, desk, target, mara } = await startSlack();
    const placeOf = readThreadId;
    return {
      desk, target,
      async posts(thread) {
        const { channel, ts } = placeOf(thread);
        const there = fake.messagesIn(channel, ts).filter((message) => message.ts !== ts).map((message) => ({
          id: message.ts, text: shownText(message), author: message.username ?? fake.space.users.get(message.user ?? "")?.realName ?? "", removed: false,
          receipts: message.reactions.filter(({ name, users }) => RECEIPTS.has(name) && users.includes(fake.space.botUserId)).map(({ name }) => name),
        }));
        const gone = fake.callsOf("chat.delete").filter(({ error }) => error === null).map(({ args }) => ({ id: String(args.ts), text: "", author: "", removed: true, receipts: [] }));
        return [...there, ...gone].sort((a, b) => Number(a.id) - Number(b.id));
      },
      async card(thread) {
        const { channel, ts } = placeOf(thread);
        const card = fake.space.message(channel, ts);
        const [first] = card.blocks as Json[];
        const line = first!["type"] === "header" ? (first!["text"] as Json)["text"] : (first!["elements"] as Json[])[0]!["text"];
        const match = /^(✅ Resolved · )?#(\d+) (.*?)(?: · .*)?$/.exec(String(line))!;
        return { number: Number(match[2]), title: match[3]!, status: match[1] === undefined ? "open" : "resolved" } as Card;
      },
      async noticesTo(userId) {
        const direct = [...fake.space.channels.values()].filter((channel) => channel.with === userId).flatMap((channel) => fake.messagesIn(channel.id));
        return [...fake.ephemeralsFor(userId), ...direct].sort((a, b) => Number(a.ts) - Number(b.ts)).map(shownText);
      },
      person: {
        userId: mara.id,
        async write(thread, text) { const { channel, ts } = placeOf(thread); return fake.userPosts(channel, mara.id, text, { threadTs: ts }); },
        async edit(thread, post, text) { fake.userEdits(placeOf(thread).channel, post, text); },
        async remove(thread, post) { fake.userDeletes(placeOf(thread).channel, post); await fake.idle(); },
      },
      async deleteThread(thread) { const { channel, ts } = placeOf(thread); fake.userDeletes(channel, ts); },
      async breakDown() { fake.fail("*", { error: "service_unavailable", times: Infinity }); },
      async recover() { fake.clearFaults(); },
    };
  },
});
