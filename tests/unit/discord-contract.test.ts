import type { Card } from "../../src/core/ports.ts";
import { readThreadId } from "../../src/bridge/discord/ids.ts";
import { SHOWN } from "../../src/bridge/discord/out/receipts.ts";
import { deskContract } from "../contracts/desk-contract.ts";
import type { FakeMessage, Json } from "../fakes/discord/types.ts";
import { cardText, shownAuthor, shownText, startDiscord } from "../support/discord.ts";
import { unescaped } from "../support/discord-out.ts";

const RECEIPTS = new Set(Object.values(SHOWN).flatMap((shown) => (shown === null ? [] : [shown.emoji])));

function contract(name: string, options: Parameters<typeof startDiscord>[0]): void {
  deskContract(name, {
    async make() {
      const bench = await startDiscord(options);
      const { fake, desk, target, mara } = bench;
      const botId = fake.bot.id;
      const channelOf = (thread: Parameters<typeof readThreadId>[0]) => readThreadId(thread).thread;
      /** What calls one person by name in a thread, or is in their direct messages. */
      const isNotice = (message: FakeMessage) => message.author.id === botId && message.webhook === null && fake.mentionsIn(message).users.length > 0;
      return {
        desk, target,
        async posts(thread) {
          const there = bench.posts(thread).filter((message) => !isNotice(message)).map((message) => ({
            id: message.id, text: shownText(message), author: shownAuthor(message), removed: false,
            receipts: [...message.reactions].filter(([emoji, users]) => RECEIPTS.has(emoji) && users.has(botId)).map(([emoji]) => emoji),
          }));
          const gone = fake.calls.filter(({ method, path, done }) => method === "DELETE" && done && /\/messages\/\d+$/.test(path)).map(({ path }) => ({ id: path.split("/").at(-1)!, text: "", author: "", removed: true, receipts: [] }));
          return [...there, ...gone].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
        },
        async card(thread) {
          const line = unescaped(cardText(bench.cardOf(thread).components).split("\n")[0]!);
          const match = /^(?:### |(✅ Resolved) · )#(\d+) (.*?)(?: · .*)?$/.exec(line)!;
          return { number: Number(match[2]), title: match[3]!, status: match[1] === undefined ? "open" : "resolved" } as Card;
        },
        async noticesTo(userId) {
          // what stood in the thread goes away by itself, so the calls tell
          const said = fake.callsOf("POST", "/channels/:channel/messages").filter(({ done, path, body }) =>
            done && (fake.channels.get(path.split("/")[2]!)?.recipient === userId || JSON.stringify((body as Json)["allowed_mentions"] ?? {}).includes(userId)));
          return said.map(({ body }) => unescaped(cardText((body as Json)["components"] as Json[]).split("\n")[0]!.replace(/^<@\d+> /, "")));
        },
        person: {
          userId: mara.user.id,
          async write(thread, text) { return fake.memberPosts(channelOf(thread), mara, text).id; },
          async edit(_thread, post, text) { fake.memberEdits(post, text); },
          async remove(_thread, post) { fake.memberDeletes(post); },
        },
        async deleteThread(thread) { fake.deleteThread(channelOf(thread)); },
        async breakDown() { fake.fail("/**", { code: 50001, times: Infinity }); },
        async recover() { fake.faults.clear(); },
      };
    },
  });
}

contract("discord, a forum, as the bot", { connect: false });
contract("discord, a forum, customers under their own names", { connect: false, desk: { customers: "webhook" } });
contract("discord, threads of a text channel", { connect: false, text: true });
