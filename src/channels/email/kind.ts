/** Mail in the registry: its settings and how an adapter for one inbox is made. */
import { createPrivateKey } from "node:crypto";
import { z } from "zod";
import type { ChannelKind } from "../shared/kind.ts";
import { createEmail } from "./adapter.ts";
import { isDnsServer } from "./dns.ts";
import { plainAddress } from "./ids.ts";
import { mailboxName, secretNames } from "./logins.ts";
import { isNetwork, PRIVATE } from "./networks.ts";

const address = (what: string) => z.email(`must be ${what}, like support@example.com`).max(200).transform((text) => text.toLowerCase());
const port = (standard: number) => z.int("must be a port, 1 to 65535").min(1, "must be a port, 1 to 65535").max(65_535, "must be a port, 1 to 65535").default(standard);
const security = z.enum(["tls", "starttls", "none"], "must be tls, starttls or none (only on a network of your own)");
const file = (whose: string) => z.string().min(1).max(1_000).refine((path) => path.startsWith("/") || /^[a-z]:\\/i.test(path), `must be ${whose} full path`);
const secure = (url: string): boolean => { const { protocol, hostname } = new URL(url); return protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname)); };
const oauth = z.strictObject({
  tokenUrl: z.url("must be the provider's token endpoint").max(1_000).refine(secure, "must be an https address"), clientId: z.string().min(1).max(1_000), clientSecret: z.string().min(1).max(4_000).optional(),
  refreshToken: z.string().min(1).max(20_000), scope: z.string().min(1).max(1_000).optional(),
});
const login = { user: z.string().min(1).max(200).optional(), password: z.string().min(1).max(4_000).optional(), oauth: oauth.optional() };
const signsIn = ({ user, password, oauth: signIn }: { user?: unknown; password?: unknown; oauth?: unknown }): boolean => signIn === undefined || (user !== undefined && password === undefined);
const SIGN_IN = { error: "has oauth, which goes with user and without password" };
const Mailbox = z.strictObject({ host: z.string().min(1), port: port(993), security: security.default("tls"), ...login, folder: z.string().min(1).max(200).default("INBOX") }).refine(signsIn, SIGN_IN);

const knowsNames = (text: string): boolean => (text.match(/\{\w+\}/g) ?? []).every((name) => ["{agent}", "{team}", "{inbox}"].includes(name));
const NAMES = "may hold {agent}, {team} and {inbox}, and no other name in braces";
const isPrivateKey = (pem: string): boolean => { try { return createPrivateKey(pem).type === "private"; } catch { return false; } };

const Settings = z.strictObject({
  address: address("the inbox's mail address"),
  aliases: z.array(address("a list of mail addresses")).max(100).default([]),
  fromName: z.string().max(80).regex(/^[^\r\n<>"]*$/, "must be one line without <, > and quotes").refine(knowsNames, NAMES).optional(),
  signature: z.string().max(2_000).refine(knowsNames, NAMES).default(""),
  smtp: z.strictObject({ host: z.string().min(1), port: port(587), security: security.default("starttls"), ...login }, { error: "is needed to send replies: host, port, user, password" }).refine(signsIn, SIGN_IN),
  imap: z.union([Mailbox.transform((one) => [one]), z.array(Mailbox).max(20)], { error: "must be a mailbox (host, port, user, password, folder) or a list of them" }).optional(),
  receiver: z.strictObject({
    host: z.string().min(1).default("127.0.0.1"), port: port(2525), maxMegabytes: z.number().min(1, "must be 1 to 100").max(100, "must be 1 to 100").default(35),
    relays: z.array(z.string().refine(isNetwork, "must be addresses and networks of mail servers of your own, like 192.0.2.7 or 10.0.0.0/8")).max(100).default(PRIVATE),
    tls: z.strictObject({ certFile: file("the certificate's"), keyFile: file("the key's"), required: z.boolean().default(false) }).optional(),
  }).optional(),
  webhook: z.strictObject({ secret: z.string().min(16, "must be 16 to 200 characters that nobody can guess").max(200, "must be 16 to 200 characters that nobody can guess") }).optional(),
  dkim: z.strictObject({
    domain: z.string().min(1).max(200).optional(), selector: z.string().regex(/^[a-z0-9._-]{1,100}$/i, "must be the selector's name, like mail2024"),
    privateKey: z.string().refine(isPrivateKey, "must be a private key in PEM (-----BEGIN PRIVATE KEY-----)"),
  }).optional(),
  authServer: z.string().max(200).optional(),
  checkSenders: z.boolean().default(true),
  dnsServers: z.array(z.string().refine(isDnsServer, "must be addresses of DNS servers, like 192.0.2.53 or 127.0.0.1:5353")).max(10).default([]),
  replyAddress: z.enum(["signed", "plain"], "must be signed (support+…@, your mail server must deliver such addresses) or plain").optional(),
  maxRecipients: z.int("must be 1 to 100").min(1, "must be 1 to 100").max(100, "must be 1 to 100").default(20),
  team: z.array(z.string().max(200).transform((text) => text.toLowerCase().replace(/^@/, ""))).max(100).default([]),
  automatic: z.enum(["ignore", "open"], "must be ignore or open").default("ignore"),
  inCopy: z.enum(["note", "participant"], "must be note or participant").default("note"),
});
type Settings = z.infer<typeof Settings>;

const Server = z.object({ host: z.string(), port: z.number(), security, user: z.string().optional(), oauth: z.object({ tokenUrl: z.string(), clientId: z.string(), scope: z.string().optional(), secret: z.boolean() }).optional() });
const MailboxConfig = Server.extend({ folder: z.string() });
const Config = z.object({
  address: z.string(), aliases: z.array(z.string()), fromName: z.string().optional(), signature: z.string(), smtp: Server,
  imap: z.union([MailboxConfig.transform((one) => [one]), z.array(MailboxConfig)]).default([]), receiver: z.object({ host: z.string(), port: z.number(), maxMegabytes: z.number(), relays: z.array(z.string()).default(PRIVATE), tls: z.object({ certFile: z.string(), keyFile: z.string(), required: z.boolean() }).optional() }).optional(), webhook: z.boolean().default(false),
  dkim: z.object({ domain: z.string(), selector: z.string() }).optional(), authServer: z.string().optional(), checkSenders: z.boolean().default(true), dnsServers: z.array(z.string()).default([]), signedReplies: z.boolean(), maxRecipients: z.number().default(20), team: z.array(z.string()), automatic: z.enum(["ignore", "open"]),
  inCopy: z.enum(["note", "participant"]).default("note"),
});
export type EmailConfig = z.infer<typeof Config>;

/** A server's settings without what is secret, and that by the names under which it is kept. */
function serverOf<T extends { password?: string | undefined; oauth?: z.infer<typeof oauth> | undefined }>(server: string, { password, oauth: signIn, ...rest }: T): { config: object; secrets: Record<string, string> } {
  const names = secretNames(server);
  if (signIn === undefined) return { config: rest, secrets: password === undefined ? {} : { [names.password]: password } };
  const { clientSecret, refreshToken, ...open } = signIn;
  return { config: { ...rest, oauth: { ...open, secret: clientSecret !== undefined } }, secrets: { [names.refreshToken]: refreshToken, ...(clientSecret === undefined ? {} : { [names.clientSecret]: clientSecret }) } };
}

/** The identity is the address. Signed reply addresses are the rule where we receive ourselves: elsewhere not every server delivers them. */
export const emailKind: ChannelKind<Settings> = {
  id: "email",
  mails: true,
  settings: Settings,
  read({ smtp, imap = [], dkim, webhook, replyAddress, ...rest }) {
    const sending = serverOf("smtp", smtp), mailboxes = imap.map((one, i) => serverOf(mailboxName(i), one));
    const config = {
      ...rest, address: plainAddress(rest.address), aliases: rest.aliases.map(plainAddress), smtp: sending.config, ...(imap.length === 0 ? {} : { imap: mailboxes.map((one) => one.config) }),
      ...(dkim === undefined ? {} : { dkim: { domain: dkim.domain ?? rest.address.slice(rest.address.lastIndexOf("@") + 1), selector: dkim.selector } }),
      webhook: webhook !== undefined, signedReplies: (replyAddress ?? (rest.receiver === undefined ? "plain" : "signed")) === "signed",
    };
    const secrets = Object.assign({}, sending.secrets, ...mailboxes.map((one) => one.secrets)) as Record<string, string>;
    return { identity: config.address, config, secrets: { ...secrets, ...(dkim === undefined ? {} : { dkimKey: dkim.privateKey }), ...(webhook === undefined ? {} : { webhookSecret: webhook.secret }) } };
  },
  create: (inbox, deps) => createEmail(inbox._id, inbox.name, Config.parse(inbox.config), deps),
};
