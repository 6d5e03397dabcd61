import { channelContract } from "../contracts/channel-contract.ts";
import { FakeMailServer } from "../fakes/email/server.ts";
import { wireEmail } from "../fakes/email/wire.ts";

channelContract({
  name: "email",
  async make() {
    const fake = await FakeMailServer.start();
    const { adapter, files } = wireEmail({ smtpPort: fake.port });
    return {
      adapter, address: "ana@customer.example", secrets: ["a test's key"],
      shown: () => fake.received.map(({ mail }) => ({ vendorId: mail.messageId!, text: (mail.text ?? "").trim(), edited: false })),
      fail(how) {
        if (how === "refused") fake.failNext({ at: "data", code: 554, text: "5.6.0 Content refused" });
        else if (how === "blocked") fake.failNext({ at: "rcpt", code: 550, text: "5.7.1 Mail from you is not wanted here" });
        else if (how === "rate-limited") fake.failNext({ at: "mail", code: 421, text: "4.7.0 Too many mails, slow down" });
        else fake.failNext(how === "hang" ? "hang" : "hang-after");
      },
      file: () => files.put({ name: "offer.pdf", type: "application/pdf", owner: "agent" }, Buffer.from("%PDF-1.7 offer"), 1_000),
      close: () => fake.close(),
    };
  },
  missing: {
    dedupe: { why: "mail comes by a receiver, a mailbox or raw calls", shown: ["flows/email-desk.test.ts", "250 only after the write; the same mail again is one line"] },
    echo: { why: "mail comes by a receiver, a mailbox or raw calls", shown: ["flows/email-desk.test.ts", "our own mail is left alone"] },
    edit: { why: "a mail that left can't be changed" },
    delete: { why: "a mail that left can't be taken back" },
    reaction: { why: "mail has none" },
    "unsupported kind": { why: "mail comes by a receiver, a mailbox or raw calls", shown: ["flows/email-cases.test.ts", "a mail that can't be read is kept whole"] },
  },
});
