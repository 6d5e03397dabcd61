/** Mail for one inbox: the port of `core/ports.ts`, over SMTP and IMAP. Mail's libraries are loaded when they are first needed. */
import { DeliveryError, UserError } from "../../core/errors.ts";
import type { AddressingChannel, ChannelAddress, InboundEvent, ListeningChannel, Part, PartReceipt, ThreadingChannel, WebhookChannel } from "../../core/ports.ts";
import type { ChannelDeps } from "../shared/kind.ts";
import type { Smtp } from "./api.ts";
import type { AuthResults } from "./auth-results.ts";
import { capabilitiesOf } from "./capabilities.ts";
import type { Peer } from "./check-sender.ts";
import { createLookUp } from "./dns.ts";
import { eventsOf, type MailboxRules } from "./events.ts";
import { makeMessageId, makeReplyAddress } from "./ids.ts";
import type { EmailConfig } from "./kind.ts";
import { createLogins, mailboxMemories, mailboxName, sharedTrouble } from "./logins.ts";
import { createNetworks } from "./networks.ts";
import { MAX_FILE, plan, readPart } from "./plan.ts";
import { withNames } from "./render.ts";
import { checkCall, isOurs } from "./verify.ts";

/** A webhook only where the inbox has one. */
export type EmailChannel = ListeningChannel & ThreadingChannel & AddressingChannel & Partial<Pick<WebhookChannel, "receive" | "hookName" | "maxCallBytes">>;
type Sink = (events: InboundEvent[]) => Promise<void>;
/** Bytes of a mail that a call brings: 30 MB and what its form adds. */
const MAX_CALL = 35_000_000;
type Envelope = { from: string; to: string[] };

const BAD_LOGIN = { code: "BAD_CREDENTIALS" as const, text: "The mail server refused this inbox's user or password, so replies don't go out. Set `smtp` of this inbox anew and apply it." };

export function createEmail(inboxId: string, inboxName: string, config: EmailConfig, deps: ChannelDeps): EmailChannel {
  const { address, aliases, signature, smtp: server } = config;
  const domain = address.slice(address.lastIndexOf("@") + 1);
  const loginOf = createLogins(deps), troubleOf = sharedTrouble(deps.trouble), sendingTrouble = troubleOf();
  const login = loginOf("smtp", server);
  const lookUp = deps.lookUp?.bind(deps) ?? createLookUp(config.dnsServers);
  const dkim = config.dkim === undefined ? {} : { dkim: { ...config.dkim, privateKey: deps.secret("dkimKey") } };
  let smtp: Smtp | null = null;
  const rules: MailboxRules = {
    inboxId, ours: [address, ...aliases], team: config.team, automatic: config.automatic === "open", othersTakePart: config.inCopy === "participant", sign: deps.sign, files: deps.files, maxFile: MAX_FILE,
  };

  /** What can't be read is kept whole: no mail is lost to a parser. `peer`: no mail server of ours. */
  async function read(raw: Buffer, envelope?: Envelope, peer: Peer | null = null): Promise<InboundEvent[]> {
    // A stranger writes our server's name above what it found, too.
    const options = { ...(config.authServer === undefined || peer !== null ? {} : { trusted: config.authServer }), ...(envelope === undefined ? {} : { envelope }) };
    const { parseMail, unreadableMail } = await import("./parse.ts");
    const mail = await parseMail(raw, options).catch((error: unknown) => {
      deps.log.warn({ err: error, inboxId, bytes: raw.length }, "A mail could not be read; it is kept as it came.");
      return unreadableMail(raw, envelope);
    });
    return eventsOf(rules, { ...mail, checked: mail.checked ?? (config.checkSenders ? await check(raw, mail.authors, peer) : null) });
  }
  async function check(raw: Buffer, authors: string[], peer: Peer | null): Promise<AuthResults | null> {
    const { checkSender } = await import("./check-sender.ts");
    return checkSender(raw, authors, peer, lookUp).catch((error: unknown) => {
      deps.log.warn({ err: error, inboxId }, "A mail's sender could not be checked; it counts as one that may be forged.");
      return { dmarc: "permerror" };
    });
  }
  const take = (sink: Sink) => async (raw: Buffer, envelope?: Envelope, peer: Peer | null = null) => sink(await read(raw, envelope, peer));

  let refused = false;
  function tell(error: DeliveryError | null): void {
    const bad = error?.code === "BAD_CREDENTIALS";
    if (bad !== refused && (bad || error === null)) { refused = bad; sendingTrouble(bad ? BAD_LOGIN : null); }
  }

  const webhook: Pick<WebhookChannel, "receive" | "hookName" | "maxCallBytes"> = {
    hookName: address, maxCallBytes: MAX_CALL,
    async receive(request) {
      checkCall(request, deps.secret("webhookSecret"), deps.clock.now());
      if (request.body.length === 0) throw new UserError("BAD_BODY", "The call holds no mail: its body is the raw mail (RFC 5322).");
      return read(request.body);
    },
  };

  return {
    ...(config.webhook ? webhook : {}),
    id: "email",
    threads: true,
    isOwnAddress: (one) => isOurs(rules.ours, one),
    capabilities: capabilitiesOf(config.maxRecipients), bulkPerMinute: 600,
    addressFor: ({ email }) => (email === undefined ? null : email.toLowerCase()),
    plan,

    async sendPart({ address: customer }: ChannelAddress, raw: Part, key: string, signal: AbortSignal): Promise<PartReceipt> {
      const part = readPart(raw);
      const to = part.to ?? customer;
      const others = new Set([to]);
      const everyOne = (addresses: string[]) => addresses.filter((one) => !others.has(one) && !isOurs(rules.ours, one) && others.add(one));
      const alsoTo = everyOne(part.alsoTo), cc = everyOne(part.cc), bcc = everyOne(part.bcc);
      const messageId = makeMessageId(key, domain, deps.sign);
      const replyTo = config.signedReplies && part.conversationId !== null ? makeReplyAddress(address, part.conversationId, deps.sign) : null;
      const names = { agent: part.author, team: part.team, inbox: inboxName };
      const from = { name: withNames(config.fromName ?? (part.author === "" ? "{inbox}" : "{agent} ({inbox})"), names), address };
      const [{ composeMail }, { createSmtp }] = await Promise.all([import("./compose.ts"), import("./api.ts")]);
      smtp ??= createSmtp({ host: server.host, port: server.port, security: server.security, name: domain, login });
      const mail = await composeMail({ part, from, to: [to, ...alsoTo], cc, replyTo, messageId, signature: withNames(signature, names), inboxId, date: deps.clock.now(), files: deps.files, ...dkim });
      try {
        const { refused: left } = await smtp.send({ from: address, to: [to, ...alsoTo, ...cc, ...bcc] }, mail, signal);
        const forCustomer = left.find((one) => one.address === to.toLowerCase());
        if (forCustomer !== undefined) throw new DeliveryError(forCustomer.error.code, `${forCustomer.error.tellAgent} Those in copy got it.`, { certain: true, permanent: true, cause: forCustomer.error });
      } catch (error) {
        if (error instanceof DeliveryError) tell(error);
        throw error;
      }
      tell(null);
      return { vendorId: messageId, state: "sent" };
    },

    async listen(sink, signal) {
      const ways: Promise<void>[] = [], store = take(sink);
      if (config.receiver !== undefined) {
        const { host, port, maxMegabytes, tls, relays } = config.receiver;
        const isRelay = createNetworks(relays);
        const { holdReceiver } = await import("./receiver.ts");
        ways.push(holdReceiver({ host, port, tls, maxBytes: maxMegabytes * 1_000_000, name: domain, log: deps.log, trouble: troubleOf(), accepts: (to) => isOurs(rules.ours, to), take: (raw, envelope, { ip, helo }) => store(raw, envelope, isRelay(ip) ? null : { ip, helo, sender: envelope.from }) }, signal));
      }
      if (config.imap.length > 0) {
        const { listenImap } = await import("./imap.ts");
        const memoryOf = await mailboxMemories(deps.memory);
        for (const [i, { host, port, security, folder, ...mailbox }] of config.imap.entries()) {
          const mailboxLogin = loginOf(mailboxName(i), { host, port, security, ...mailbox });
          ways.push(listenImap({ host, port, security, folder, login: mailboxLogin, inboxId, log: deps.log, trouble: troubleOf(), memory: memoryOf(`${mailbox.user ?? ""}@${host}/${folder}`, i === 0), take: (raw) => store(raw) }, signal));
        }
      }
      await Promise.all(ways);
      if (ways.length === 0 && !signal.aborted) await new Promise<void>((done) => { signal.addEventListener("abort", () => done(), { once: true }); });
      smtp?.close();
    },
  };
}
