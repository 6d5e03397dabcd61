/** A vendor that hangs holds up its own customers, never those of another inbox. */
import { expect, test } from "vitest";
import type { Inbox } from "../../src/core/model/types.ts";
import type { ChannelAdapter, PartReceipt } from "../../src/core/ports.ts";
import { receiveEvent } from "../../src/core/services/receive-inbound.ts";
import { sendReply } from "../../src/core/services/send-reply.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { FakeChannel } from "../fakes/fake-channel.ts";
import { buildTestCore } from "../support/core.ts";

test("a hundred replies to a channel that hangs leave the one to a healthy channel alone", async () => {
  const help = await buildTestCore({ settings: { takeOnReply: false }, limits: { vendorCallMs: 600_000, leaseMs: 1_800_000, sweepMs: 600_000 } });
  let letGo = () => undefined as void;
  const hanging = new Promise<void>((resolve) => { letGo = resolve; });
  const called = new Set<string>();
  const send: ChannelAdapter["sendPart"] = async (_to, _part, key): Promise<PartReceipt> => { called.add(key); await hanging; return { vendorId: key, state: "sent" }; };
  help.channel.sendPart = send;
  const healthy = new FakeChannel({ id: "healthy", inboxId: "healthy" });
  const { _id: _first, ...like } = help.inbox;
  const inbox: Inbox = { ...like, _id: "healthy", name: "Healthy", channel: "healthy", identity: "healthy" };
  await help.store.inboxes.insertOne(inbox);
  forgetSettings(help.core);
  help.core.channels.set("healthy", healthy);

  try {
    for (let i = 0; i < 100; i++) {
      await help.write("Hi", `customer-${i}`);
      const conversation = await help.conversation(`customer-${i}`);
      await sendReply(help.core, { conversation, agent: help.mara, body: "Hello", files: [], source: `test:${i}` });
    }
    while (called.size < 30) await new Promise((resolve) => setTimeout(resolve, 10));
    await receiveEvent(help.core, { type: "message", inboxId: "healthy", address: "bea", channelMessageId: "1", text: "Hi", files: [], profile: { name: "Bea" } });
    const identity = await help.store.identities.findOne({ inboxId: "healthy", address: "bea" });
    const conversation = (await help.store.conversations.findOne({ identityId: identity!._id }))!;
    await sendReply(help.core, { conversation, agent: help.mara, body: "Hello Bea", files: [], source: "test:bea" });
    const end = Date.now() + 20_000;
    while (healthy.sent.length === 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(healthy.textsTo("bea")).toEqual(["Hello Bea"]);
    expect(called.size).toBeLessThan(100);
  } finally {
    letGo();
  }
  // Those that waited for their turn go too.
  while ((await help.store.messages.countDocuments({ "delivery.state": "sent" })) < 101) await new Promise((resolve) => setTimeout(resolve, 20));
});
