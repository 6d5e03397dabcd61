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
});
