/** Makes hostile requests, each by its number from a seeded generator, so that a failure can be repeated. */
import { hostileMail } from "./mails.ts";

export interface Known { token: string; thread: string; telegramInbox: string; telegramSecret: string; /** Key of the API inbox, whose contact `fuzz` has sent the line `first`. */ inboxKey: string; whatsapp: { hook: string; sign(body: Buffer): string }; email: { hook: string; sign(body: Buffer, timestamp: string): string } }
export interface Hostile { name: string; method: string; path: string; headers: Record<string, string>; body?: string | Uint8Array<ArrayBuffer>; mustRefuse: boolean; mayReset?: boolean; /** Handed to the mail receiver instead. */ mail?: { raw: Buffer; from: string; to: string[] } }
export type Random = () => number;

/** Numbers from 0 to 1; mulberry32, good enough to pick with. */
export function rngOf(seed: number): Random {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

const WRONG: readonly unknown[] = [null, true, 0, -1, 1.5, Number.MAX_VALUE, [], {}, [[]], "", " ", { $gt: "" }, { $where: "1" }, ["a"], { toString: 1 }, "x".repeat(100_000), 2 ** 53];
const TEXTS = [
  "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'; DROP TABLE messages; --", "{{constructor.constructor('return 1')()}}", "\u202etxt.exe", "🔒 note", "note: hi", "!resolve", "/resolve",
  "a\u200bb", "\ufeff", "😀".repeat(500), "%00", "../../etc/passwd", "${7*7}", "__proto__", "\r\nSet-Cookie: a=b", "<!channel>", "@everyone", "*".repeat(3_000),
];
const BROKEN_TEXTS = ['"a\\u0000b"', '"\\ud800"', '"x\\udc00y"'];
const IDS = ["nope", "0", "a".repeat(300), "..%2f..%2fetc", "%00", "null", "undefined", "{}", "$ne", "-1", "507f1f77bcf86cd799439011"];

interface Route { method: string; path: (k: Known, r: Random) => string; body?: Record<string, unknown>; auth: "visitor" | "bridge" | "none" }
const routes: Route[] = [
  { method: "POST", path: () => "/widget/v1/sessions", body: { inboxKey: "demo" }, auth: "none" },
  { method: "POST", path: () => "/widget/v1/messages", body: { body: "hello", clientId: "c" }, auth: "visitor" },
  { method: "POST", path: () => "/widget/v1/read", body: { seq: 1 }, auth: "visitor" },
  { method: "POST", path: () => "/widget/v1/typing", body: { typing: true }, auth: "visitor" },
  { method: "POST", path: () => "/playground/v1/guests", body: { name: "Guest" }, auth: "none" },
  { method: "POST", path: (k) => `/playground/v1/threads/${k.thread}/messages`, body: { agent: "Front Desk", text: "hello" }, auth: "none" },
  { method: "POST", path: (k) => `/playground/v1/threads/${k.thread}/actions`, body: { agent: "Front Desk", action: "label", args: "x" }, auth: "none" },
  { method: "POST", path: () => "/playground/v1/commands", body: { agent: "Front Desk", text: "/queue" }, auth: "none" },
  { method: "PUT", path: () => "/playground/v1/faults", body: { delayMs: 0 }, auth: "none" },
  { method: "POST", path: () => "/inbox/v1/contacts", body: { id: "fuzz", name: "Fuzz" }, auth: "bridge" },
  { method: "POST", path: () => "/inbox/v1/messages", body: { contact: { id: "fuzz" }, id: "first", text: "hello" }, auth: "bridge" },
  { method: "PATCH", path: () => "/inbox/v1/messages/first", body: { contact: { id: "fuzz" }, text: "changed" }, auth: "bridge" },
  { method: "PUT", path: () => "/inbox/v1/messages/first/reactions", body: { contact: { id: "fuzz" }, emojis: ["👍"] }, auth: "bridge" },
  { method: "POST", path: (_k, r) => `/inbox/v1/messages/${pick(r, IDS)}/status`, body: { status: "read" }, auth: "bridge" },
  { method: "POST", path: () => "/inbox/v1/read", body: { contact: { id: "fuzz" } }, auth: "bridge" },
  { method: "POST", path: () => "/inbox/v1/typing", body: { contact: { id: "fuzz" }, typing: true }, auth: "bridge" },
  { method: "POST", path: () => "/auth/v1/link", body: { token: "x" }, auth: "none" },
];

const json = { "content-type": "application/json" };
const headersOf = (route: Route, k: Known): Record<string, string> => ({ ...json, ...(route.auth === "none" ? {} : { authorization: `Bearer ${route.auth === "visitor" ? k.token : k.inboxKey}` }) });

type Maker = (random: Random, k: Known, n: number) => Hostile;
const makers: Maker[] = [
  function malformedJson(random, k) {
    const route = pick(random, routes);
    return { name: "malformed JSON", method: route.method, path: route.path(k, random), headers: headersOf(route, k), body: pick(random, ["{", '{"a":', "[1,", "nope", '{"a":1}}', "\u0000", '{"body":"x",}', ""]), mustRefuse: true };
  },
  function wrongType(random, k, n) {
    const route = pick(random, routes.filter((r) => r.body !== undefined));
    const field = pick(random, Object.keys(route.body!));
    const wrong = pick(random, WRONG);
    const body = { ...route.body, ...(route.body!["clientId"] === undefined ? {} : { clientId: `t${n}` }), [field]: wrong };
    return { name: `wrong type for ${field}`, method: route.method, path: route.path(k, random), headers: headersOf(route, k), body: JSON.stringify(body), mustRefuse: typeof wrong !== typeof route.body![field] };
  },
  function unknownField(random, k) {
    const route = pick(random, routes.filter((r) => r.body !== undefined && !r.path(k, random).includes("/auth/")));
    return { name: "unknown field", method: route.method, path: route.path(k, random), headers: headersOf(route, k), body: JSON.stringify({ ...route.body, [pick(random, ["extra", "__proto__x", "$set", "isAdmin"])]: 1 }), mustRefuse: true };
  },
  function missingField(random, k) {
    const route = pick(random, routes.filter((r) => r.body !== undefined && r.method === "POST"));
    return { name: "empty object", method: route.method, path: route.path(k, random), headers: headersOf(route, k), body: "{}", mustRefuse: true };
  },
  function wrongToken(random) {
    const path = pick(random, ["/widget/v1/messages", "/widget/v1/read", "/widget/v1/typing", "/inbox/v1/messages", "/inbox/v1/contacts"]);
    const token = pick(random, ["", "x", "a.b", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", "A".repeat(4_000), "%00"]);
    return { name: "wrong token", method: "POST", path, headers: { ...json, authorization: pick(random, [`Bearer ${token}`, `Basic ${token}`, token, "Bearer"]) }, body: JSON.stringify({ body: "x", clientId: "x", seq: 1, typing: true }), mustRefuse: true };
  },
  function badSignature(random, k) {
    return { name: "bad webhook signature", method: "POST", path: `/hooks/telegram/${pick(random, [k.telegramInbox, ...IDS])}`, headers: { ...json, "x-telegram-bot-api-secret-token": pick(random, ["", "wrong", "x".repeat(300)]) }, body: JSON.stringify({ update_id: 1, message: { message_id: 1, date: 1, chat: { id: 1, type: "private" }, text: "hi" } }), mustRefuse: true };
  },
  function almostTelegram(random, k, n) {
    const odd = () => pick(random, [...WRONG, ...TEXTS, 77, 1749854575]);
    const from = { id: 77, is_bot: false, first_name: "Fuzz" }, chat = { id: 77, type: pick(random, ["private", "private", "group", "channel"]) };
    const message: Record<string, unknown> = { message_id: n + 1, date: 1_749_854_575, chat, from, [pick(random, ["text", "caption", "photo", "document", "voice", "sticker", "location", "contact", "poll", "story", "migrate_to_chat_id", "reply_to_message", "entities", "__proto__"])]: odd() };
    for (let times = Math.floor(random() * 3); times > 0; times--) message[pick(random, ["message_id", "date", "chat", "from", "text", "media_group_id", "message_thread_id", "is_topic_message", "business_connection_id", "entities", "reply_to_message"])] = odd();
    const kind = pick(random, ["message", "edited_message", "business_message", "edited_business_message", "callback_query", "message_reaction", "my_chat_member", "deleted_business_messages", "poll", "__proto__"]);
    const press = { id: pick(random, ["press1", odd()]), from, data: pick(random, ["507f1f77bcf86cd799439011:1", odd()]), message: pick(random, [message, odd()]) };
    const content = pick(random, [odd(), kind === "callback_query" ? press : kind === "message_reaction" ? { chat, message_id: 1, date: odd(), new_reaction: odd() } : message]);
    return { name: "Telegram's secret, but hardly its update", method: "POST", path: `/hooks/telegram/${k.telegramInbox}`, headers: { ...json, "x-telegram-bot-api-secret-token": k.telegramSecret }, body: JSON.stringify(pick(random, [odd(), { update_id: pick(random, [n, odd()]), [kind]: content }])) ?? "", mustRefuse: false };
  },
  function almostWhatsApp(random, k, n) {
    const odd = () => pick(random, [...WRONG, ...TEXTS, "1749854575", "16505551234", "US.1349"]);
    const message = { id: `wamid.${n}`, from: "16505551234", timestamp: "1749854575", type: pick(random, ["text", "image", "system", "reaction", "edit", "revoke", "interactive", "contacts", "order", "unsupported", "__proto__"]) } as Record<string, unknown>;
    message[message.type as string] = odd();
    for (let times = Math.floor(random() * 3); times > 0; times--) message[pick(random, ["id", "from", "from_user_id", "timestamp", "type", "context", "text", "group_id"])] = odd();
    const value: Record<string, unknown> = { metadata: { phone_number_id: pick(random, ["106540352242922", odd()]) }, messages: pick(random, [[message], [message, odd()], odd()]), statuses: pick(random, [undefined, [{ id: odd(), status: odd(), errors: odd() }], odd()]), contacts: pick(random, [undefined, [odd()], [{ profile: odd(), wa_id: odd() }]]) };
    const body = Buffer.from(JSON.stringify(pick(random, [odd(), { object: "whatsapp_business_account", entry: odd() }, { object: "whatsapp_business_account", entry: [{ id: odd(), changes: [{ field: pick(random, ["messages", "messages", odd()]), value }] }] }])) ?? "");
    return { name: "signed, but hardly WhatsApp's", method: "POST", path: k.whatsapp.hook, headers: { ...json, "x-hub-signature-256": k.whatsapp.sign(body) }, body: new Uint8Array(body), mustRefuse: false };
  },
  function unsignedWhatsApp(random, k) {
    const body = JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "1", changes: [{ field: "messages", value: { metadata: { phone_number_id: "106540352242922" }, messages: [{ id: "wamid.x", from: "16505551234", timestamp: "1749854575", type: "text", text: { body: "hi" } }] } }] }] });
    return { name: "bad WhatsApp signature", method: "POST", path: k.whatsapp.hook, headers: { ...json, "x-hub-signature-256": pick(random, ["", "sha256=", `sha256=${"0".repeat(64)}`, k.whatsapp.sign(Buffer.from(`${body} `))]) }, body, mustRefuse: true };
  },
  function almostMail(random, k, n) {
    const raw = hostileMail(random, n), timestamp = String(Math.floor(Date.now() / 1_000));
    return { name: "signed, but hardly a mail", method: "POST", path: k.email.hook, headers: { "content-type": "message/rfc822", "threadline-timestamp": timestamp, "threadline-signature": k.email.sign(raw, timestamp) }, body: new Uint8Array(raw), mustRefuse: raw.length === 0 };
  },
  function mailBySmtp(random, k, n) {
    const odd = ["", "a", "c1@customer.example", "<>", "a b@c", "x".repeat(300), "é@customer.example", "\u0000@x"], to = ["support@shop.example", "SUPPORT+x@shop.example", "support@elsewhere.example", ...odd];
    return { name: "hardly a mail, by SMTP", method: "SMTP", path: `${k.email.hook} (receiver)`, headers: {}, mustRefuse: false, mail: { raw: hostileMail(random, n), from: pick(random, ["c1@customer.example", ...odd]), to: Array.from({ length: pick(random, [1, 1, 3]) }, () => pick(random, to)) } };
  },
  function unsignedMail(random, k, n) {
    const raw = hostileMail(random, n), now = Math.floor(Date.now() / 1_000), timestamp = pick(random, [String(now), String(now - 1_000), "", "soon", "1e9", "-1"]);
    return { name: "bad signature of a mail", method: "POST", path: k.email.hook, headers: { "content-type": pick(random, ["message/rfc822", "text/plain"]), "threadline-timestamp": timestamp, "threadline-signature": pick(random, ["", "v1=", `v1=${"0".repeat(64)}`, k.email.sign(Buffer.concat([raw, Buffer.from(" ")]), timestamp)]) }, body: new Uint8Array(raw), mustRefuse: true };
  },
  function brokenText(random, k, n) {
    const text = pick(random, BROKEN_TEXTS);
    const [path, body, auth] = pick(random, [
      ["/widget/v1/messages", `{"body":${text},"clientId":"b${n}"}`, true], [`/playground/v1/threads/${k.thread}/messages`, `{"agent":"Front Desk","text":${text}}`, false],
      ["/inbox/v1/messages", `{"contact":{"id":"fuzz"},"id":"b${n}","text":${text}}`, "bridge"], ["/inbox/v1/contacts", `{"id":${text}}`, "bridge"],
      ["/widget/v1/sessions", `{"inboxKey":"demo","identity":{"id":"u","name":${text}}}`, false],
    ] as const);
    return { name: "NUL or a lone surrogate", method: "POST", path, headers: { ...json, ...(auth === false ? {} : { authorization: `Bearer ${auth === true ? k.token : k.inboxKey}` }) }, body, mustRefuse: true };
  },
  function markup(random, k, n) {
    return { name: "markup in a line", method: "POST", path: "/widget/v1/messages", headers: { ...json, authorization: `Bearer ${k.token}` }, body: JSON.stringify({ body: pick(random, TEXTS), clientId: `m${n}` }), mustRefuse: false };
  },
  function overLong(random, k, n) {
    return { name: "over-long text", method: "POST", path: "/widget/v1/messages", headers: { ...json, authorization: `Bearer ${k.token}` }, body: JSON.stringify({ body: "x".repeat(8_001 + Math.floor(random() * 50_000)), clientId: `l${n}` }), mustRefuse: true };
  },
  function unknownId(random, k) {
    const id = pick(random, IDS);
    const path = pick(random, [`/widget/v1/files/${id}`, `/playground/v1/threads/${id}`, `/playground/v1/threads/${id}/messages`, `/playground/v1/files/${id}`, `/inbox/v1/files/${id}`, `/inbox/v1/contacts/${id}`, `/inbox/v1/deliveries/${id}`]);
    return { name: "unknown id", method: "GET", path, headers: path.startsWith("/playground") ? {} : { authorization: `Bearer ${path.startsWith("/widget") ? k.token : k.inboxKey}` }, mustRefuse: true };
  },
  function badQuery(random, k) {
    const query = pick(random, ["after=x", "after=-1", "after=1e99", "limit=0", "limit=100000", "after=1&before=1", "after[$gt]=1", "before=", "after=1.5"]);
    const [path, token] = pick(random, [["/widget/v1/messages", k.token], ["/inbox/v1/contacts/fuzz/messages", k.inboxKey]] as const);
    return { name: "bad query", method: "GET", path: `${path}?${query}`, headers: { authorization: `Bearer ${token}` }, mustRefuse: !["before="].includes(query) };
  },
  function wrongContentType(random, k) {
    return { name: "wrong content type", method: "POST", path: "/widget/v1/messages", headers: { "content-type": pick(random, ["text/plain", "application/xml", "application/x-www-form-urlencoded", "image/png", "a/b; c"]), authorization: `Bearer ${k.token}` }, body: "body=x", mustRefuse: true };
  },
  function badUpload(random, k) {
    const name = pick(random, ["../../etc/passwd", "..\\..\\x", "a\u0000b", "C:\\x.exe", "", "x".repeat(2_000), "con", "<b>.html"]).replace(/["\r\n]/g, "");
    const broken = pick(random, [true, false]);
    const body = `--b\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/html\r\n\r\n<script>1</script>\r\n${broken ? "" : "--b--\r\n"}`;
    return { name: "strange upload", method: "POST", path: "/widget/v1/files", headers: { "content-type": `multipart/form-data${pick(random, ["; boundary=b", "", "; boundary="])}`, authorization: `Bearer ${k.token}` }, body, mustRefuse: false, mayReset: true };
  },
  function strangePath(random) {
    return { name: "strange path", method: pick(random, ["GET", "POST", "DELETE", "PATCH", "PUT"]), path: pick(random, ["/inbox/v1/nothing", "/inbox/v1/messages/a/b/c", "/%2e%2e/%2e%2e/etc/passwd", "/widget/v1/../../control/v1/apply", "/control/v1/apply", "/widget/frame/%2e%2e%2fapp.js", "/playground/v1/nothing", "/%", "/%ff", `/${"a/".repeat(500)}`, "/hooks/widget/x", "/hooks//"]), headers: json, mustRefuse: true };
  },
  function forwarded(random, k) {
    return { name: "playground from elsewhere", method: "GET", path: `/playground/v1/threads/${k.thread}/messages`, headers: pick(random, [{ "x-forwarded-for": "1.2.3.4" }, { forwarded: "for=1.2.3.4" }, { origin: "https://evil.example" }, { origin: "null" }, { via: "1.1 x" }] as Record<string, string>[]), mustRefuse: true };
  },
];

/** 50 MB are dear: one in five hundred. */
function hugeBody(random: Random, k: Known): Hostile {
  const path = pick(random, ["/widget/v1/messages", "/widget/v1/sessions", "/inbox/v1/messages", `/hooks/telegram/${k.telegramInbox}`, "/auth/v1/link"]);
  return { name: "50 MB body", method: "POST", path, headers: { ...json, authorization: `Bearer ${k.token}` }, body: new Uint8Array(50_000_000).fill(97), mustRefuse: true, mayReset: true };
}

/** Ways in by the beginning of their addresses. */
const WAYS: Record<string, string> = { email: "/hooks/email/", telegram: "/hooks/telegram/", whatsapp: "/hooks/whatsapp/", bridge: "/inbox/v1/", visitor: "/widget/v1/" };

/** `only`: one of `WAYS`; all when absent. */
export function hostileRequest(random: Random, known: Known, n: number, only?: string): Hostile {
  const way = only === undefined ? "" : WAYS[only];
  if (way === undefined) throw new Error(`--only takes one of ${Object.keys(WAYS).join(", ")}.`);
  for (;;) {
    const made = only === undefined && n % 500 === 250 ? hugeBody(random, known) : pick(random, makers)(random, known, n);
    if (made.path.startsWith(way)) return made;
  }
}
