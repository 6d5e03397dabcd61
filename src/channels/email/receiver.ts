/** The built-in SMTP receiver: takes mail for one inbox, and says 250 only after it is stored. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { setTimeout as wait } from "node:timers/promises";
import { SMTPServer } from "smtp-server";
import type { Logger, ReportTrouble, Trouble } from "../../core/ports.ts";

export interface ReceiverOptions {
  host: string;
  port: number;
  /** Bytes of one mail. */
  maxBytes: number;
  name: string;
  /** STARTTLS is offered with this certificate; `required`: nothing is taken without. */
  tls?: { certFile: string; keyFile: string; required: boolean } | undefined;
  /** How often those files are looked at for a renewed certificate, in milliseconds; 10 minutes. */
  certificateMs?: number;
  log: Logger;
  accepts(address: string): boolean;
  /** Resolves once stored. `peer`: who handed it over, and by what name it greeted. */
  take(raw: Buffer, envelope: { from: string; to: string[] }, peer: { ip: string; helo: string }): Promise<void>;
}

/** SMTP's way to say it: 4xx is tried again by the sender, 5xx is not. */
const refusal = (code: number, words: string) => Object.assign(new Error(words), { responseCode: code });

const CERTIFICATE_MS = 600_000;

/** The administrator's files are not there, or are no certificate and its key. */
class BadCertificate extends Error {}

async function readCertificate({ certFile, keyFile }: NonNullable<ReceiverOptions["tls"]>): Promise<{ cert: string; key: string }> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) { throw new BadCertificate("The receiver's certificate can't be used.", { cause }); }
}

/** Ends with `signal`. @throws what `listen` throws: the port is taken, or not ours to open */
async function receiveMail(options: ReceiverOptions, signal: AbortSignal, ready: (port: number) => void): Promise<void> {
  const { maxBytes, log, tls } = options;
  let certificate = tls === undefined ? null : await readCertificate(tls);
  const server = new SMTPServer({
    name: options.name, banner: "ready", size: maxBytes, ...(certificate === null ? { disabledCommands: ["AUTH", "STARTTLS"] } : { disabledCommands: ["AUTH"], minVersion: "TLSv1.2", ...certificate }), disableReverseLookup: true, logger: false,
    maxClients: 100, socketTimeout: 60_000, closeTimeout: 2_000,
    onMailFrom(_address, session, done) {
      if (tls?.required === true && !session.secure) done(refusal(530, "5.7.0 Say STARTTLS first"));
      else done();
    },
    onRcptTo(address, _session, done) {
      if (options.accepts(address.address)) done();
      else done(refusal(550, "5.1.1 There is no such mailbox here"));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      let bytes = 0;
      stream.on("data", (chunk: Buffer) => { bytes += chunk.length; if (bytes <= maxBytes) chunks.push(chunk); });
      stream.once("error", done);
      stream.once("end", () => {
        if (stream.sizeExceeded || bytes > maxBytes) return done(refusal(552, `5.3.4 The mail is larger than the ${maxBytes} bytes that are taken`));
        const from = session.envelope.mailFrom;
        const envelope = { from: from === false ? "" : from.address, to: session.envelope.rcptTo.map(({ address }) => address) };
        const peer = { ip: session.remoteAddress.replace(/^::ffff:(?=\d+\.)/i, ""), helo: session.hostNameAppearsAs };
        options.take(Buffer.concat(chunks), envelope, peer).then(() => done(), (error: unknown) => {
          log.error({ err: error }, "A mail could not be stored; its sender was told to try again.");
          done(refusal(451, "4.3.0 Could not be stored now, try again"));
        });
      });
    },
  });
  // A client that goes away is no fault of ours.
  server.on("error", (error) => log.debug({ err: error }, "A mail client's connection broke."));
  server.listen(options.port, options.host);
  await Promise.race([once(server.server, "listening"), once(server.server, "error").then(([error]) => { throw error as Error; })]);
  const bound = server.server.address();
  ready(typeof bound === "object" && bound !== null ? bound.port : options.port);
  const renew = async (): Promise<void> => {
    const now = await readCertificate(tls!);
    if (now.cert !== certificate!.cert || now.key !== certificate!.key) server.updateSecureContext(certificate = now);
  };
  const timer = tls === undefined ? undefined : setInterval(() => void renew().catch((error: unknown) => log.warn({ err: error, port: options.port }, "The receiver's certificate can't be read anew; the one it has goes on.")), options.certificateMs ?? CERTIFICATE_MS);
  if (!signal.aborted) await new Promise<void>((done) => { signal.addEventListener("abort", () => done(), { once: true }); });
  clearInterval(timer);
  await new Promise<void>((done) => { server.close(() => done()); });
}

const TAKEN: Trouble = { code: "NOT_POSSIBLE", text: "The port of this inbox's mail receiver can't be opened (another program has it, or it is below 1024), so no mail comes in. Free the port or set another one under `receiver`; it is tried again by itself." };

const NO_CERTIFICATE: Trouble = { code: "NOT_POSSIBLE", text: "The certificate of this inbox's mail receiver can't be used (a file is missing, or certificate and key don't belong together), so no mail comes in. Check `certFile` and `keyFile` under `receiver: tls`; it is tried again by itself." };

/** Keeps the receiver open until `signal` aborts; a port that is taken is told to Health and tried again. Never rejects. */
export async function holdReceiver(options: ReceiverOptions & { trouble: ReportTrouble }, signal: AbortSignal): Promise<void> {
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      await receiveMail(options, signal, () => options.trouble(null));
    } catch (error) {
      const trouble = error instanceof BadCertificate ? NO_CERTIFICATE : TAKEN;
      options.log.error({ err: error, port: options.port }, trouble.text);
      options.trouble(trouble);
      await wait(Math.min(1_000 * 2 ** tries, 60_000), undefined, { signal }).catch(() => undefined);
    }
  }
}
