import { channelContract } from "../contracts/channel-contract.ts";
import { FakeTelegram } from "../fakes/telegram/server.ts";
import { wireTelegram } from "../fakes/telegram/wire.ts";
import { captured } from "../support/captured.ts";

const [firstOfAlbum] = captured("telegram/album") as unknown[];

channelContract({
  name: "telegram",
  async make() {
    const fake = await FakeTelegram.start();
    const ana = fake.user(5550001, "Ana");
    const { adapter, files, secrets } = wireTelegram(fake, { webhook: true, publicUrl: "https://desk.example.com" });
    return {
      adapter, address: String(ana.chat), secrets: [fake.token, secrets.webhookSecret!],
      shown: () => ana.sees.map(({ chat, messageId, text, edited }) => ({ vendorId: `${chat}:${messageId}`, text, edited })),
      fail(how) {
        if (how === "refused") fake.fault({ do: { status: 400, description: "Bad Request: TOPIC_CLOSED" } });
        else if (how === "blocked") fake.fault({ do: { status: 403, description: "Forbidden: bot was blocked by the user" } });
        else if (how === "rate-limited") fake.fault({ do: { status: 429, retryAfter: 3 } });
        else fake.fault({ do: { hang: how === "hang" ? "before" : "after" } });
      },
      file: () => files.put({ name: "offer.pdf", type: "application/pdf", owner: "agent" }, Buffer.from("%PDF-1.7 offer"), 1_000),
      call: (payload, signed = true) => ({ headers: signed ? { "x-telegram-bot-api-secret-token": secrets.webhookSecret } : {}, body: Buffer.from(JSON.stringify(payload)) }),
      close: () => fake.close(),
    };
  },
  missing: {},
  payloads: [
    ...["text", "photo", "document", "document-too-large", "voice", "sticker", "location", "contact"].map((name) => ({ name, payload: captured(`telegram/${name}`), type: "message" as const })),
    { name: "story", payload: captured("telegram/story"), type: "message", unshown: true },
    { name: "a part of an album", payload: firstOfAlbum, type: "message" },
    { name: "edited", payload: captured("telegram/edited"), type: "edit" },
    { name: "reaction", payload: captured("telegram/reaction"), type: "reaction" },
    { name: "blocked", payload: captured("telegram/blocked"), type: "reachable" },
    { name: "group", payload: captured("telegram/group"), type: "ignored", why: "not-private" },
    { name: "own", payload: captured("telegram/own"), type: "ignored", why: "own" },
    { name: "unknown kind", payload: captured("telegram/unknown-kind"), type: "ignored", why: "unsupported" },
    { name: "service message", payload: captured("telegram/pinned"), type: "ignored", why: "unsupported" },
  ],
});
