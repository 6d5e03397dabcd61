/** find, mine, queue: lists of conversations. */
import { findConversations, myConversations, queueFor } from "../services/find.ts";
import { nothing, someText } from "./args.ts";
import { listOf } from "./describe.ts";
import { verb } from "./verb.ts";

const LIMIT = 15;

export const find = verb({
  name: "find", aliases: ["search"], usage: "<filter>", help: 'Lists what fits, newest first: words, fields, AND, OR, NOT. Such as find status:open waiting>2h "refund".',
  needs: { conversation: false }, args: someText("What should be found?"),
  async run({ core, actor, args }) {
    const found = await findConversations(core, actor, args.text, { limit: LIMIT });
    return { notice: listOf(found, core.clock.now(), { one: "1 conversation:", many: "% conversations:", none: "Nothing fits. Take a condition away, or check the spelling." }) };
  },
});

export const mine = verb({
  name: "mine", aliases: [], usage: "", help: "Lists what you own and is not resolved; who waits longest comes first.",
  needs: { conversation: false }, args: nothing,
  async run({ core, actor }) {
    const found = await myConversations(core, actor, { limit: LIMIT });
    return { notice: listOf(found, core.clock.now(), { one: "You have 1 conversation:", many: "% conversations are yours:", none: "You own no conversation. /queue shows what waits for somebody." }) };
  },
});

export const queue = verb({
  name: "queue", aliases: [], usage: "", help: "Lists open conversations that nobody owns; who waits longest comes first.",
  needs: { conversation: false }, args: nothing,
  async run({ core, actor }) {
    const found = await queueFor(core, actor, { limit: LIMIT });
    return { notice: listOf(found, core.clock.now(), { one: "1 conversation waits for an owner:", many: "% conversations wait for an owner:", none: "The queue is empty: every open conversation has an owner." }) };
  },
});
