/** A mail inbox in a whole core: its receiver over real SMTP, the customers' server on the far side. */
import { expect, onTestFinished } from "vitest";
import { isListening } from "../../src/core/ports.ts";
import { receiveEvent } from "../../src/core/services/receive-inbound.ts";
import { handOver, makeMail, type MailParts } from "../fakes/email/mails.ts";
import { FakeMailServer } from "../fakes/email/server.ts";
import { wireEmail, type WiredOptions } from "../fakes/email/wire.ts";
import { buildTestCore } from "./core.ts";
import { freePort } from "./free-port.ts";

/** `settings`: further ones of the inbox. */
export async function startEmail(settings: object = {}, lookUp?: WiredOptions["lookUp"]) {
  const far = await FakeMailServer.start();
  const help = await buildTestCore();
  const port = (settings as { receiver?: { port: number } }).receiver?.port ?? await freePort();
  const { adapter, troubles } = wireEmail({ smtpPort: far.port, inboxId: help.inbox._id, files: help.core.files, settings: { receiver: { port }, ...settings }, ...(lookUp === undefined ? {} : { lookUp }) });
  help.core.channels.set(help.inbox._id, adapter);
  const stop = new AbortController();
  if (!isListening(adapter)) throw new Error("Mail listens.");
  let storing = true;
  const listening = adapter.listen(async (events) => { if (!storing) throw new Error("The store is away."); for (const event of events) await receiveEvent(help.core, event); }, stop.signal);
  onTestFinished(async () => { stop.abort(); await listening; await far.close(); });
  await expect.poll(() => troubles.length, { timeout: 40_000 }).toBeGreaterThan(0);
  const hand = (raw: Buffer, from = "ana@customer.example", to = ["support@shop.example"]) => handOver(port, raw, { from, to });
  /** Hands a mail over and waits until nothing is under way. */
  const mail = async (parts: MailParts, to?: string[]) => {
    const said = await hand(makeMail(parts), /[^\s<]+@[^\s>]+/.exec(parts.from ?? "ana@customer.example")![0], to);
    await help.settle();
    return said;
  };
  const conversations = () => help.store.conversations.find({}).sort({ number: 1 }).toArray();
  const arrived = async (count: number) => { await expect.poll(() => far.received.length, { timeout: 40_000 }).toBe(count); await help.settle(); return far.received[count - 1]!; };
  return { far, help, hand, mail, conversations, arrived, storing: (now: boolean) => { storing = now; } };
}
