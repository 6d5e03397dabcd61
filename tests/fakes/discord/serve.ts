/** The fake as a process of its own: `tsx tests/fakes/discord/serve.ts [port]`. It prints its addresses and token, and is told over HTTP what people do and what fails. */
import { createServer } from "node:http";
import { FakeDiscord } from "./discord.ts";
import type { Fault } from "./faults.ts";
import type { FakeMessage, Json } from "./types.ts";

/**
 * People by name or id, channels and messages by id. POST /member {name, roles?} · /role {name} · /forum, /channel {name} · /say {channel, user, text} · /edit {message, text} · /delete {message} · /react, /unreact {message, user, emoji} ·
 * /command {channel, user, name, options?} · /menu {channel, message, user, name} · /press {message, user, button} · /submit {modal, user, values} · /remove {thread | channel} · /permission {name, on} ·
 * /fault {pattern, …Fault} · /clear · /gateway {end: "cut" | "lost" | "invalid"}. GET /channels · /threads · /messages?channel=.
 */
interface Order {
  channel: string; thread: string; user: string; text: string; message: string; emoji: string; name: string; button: string; modal: string; options: Json; values: Json; roles: string[]; on: boolean; pattern: string; end: "cut" | "lost" | "invalid";
}

const fake = await FakeDiscord.start({ record: false, port: Number(process.argv[2] ?? "0") });
const shown = (message: FakeMessage) => ({
  id: message.id, by: message.author.username, content: message.content, components: message.components, files: message.attachments.map(({ filename }) => filename), reactions: Object.fromEntries([...message.reactions].map(([emoji, who]) => [emoji, who.size])),
});
const answered = ({ ack, said, modal, message }: { ack: unknown; said: unknown; modal: Json | null; message: FakeMessage | null }) => ({ ack, said, modal, message: message === null ? null : shown(message) });

const acts: Record<string, (order: Order) => unknown> = {
  "POST /member": ({ name, roles = [] }) => fake.memberJoins(name, roles),
  "POST /role": ({ name }) => { const { id } = fake.addRole(name); return { id, name }; },
  "POST /forum": ({ name }) => { const { id } = fake.addForum(name); return { id, name }; },
  "POST /channel": ({ name }) => { const { id } = fake.addTextChannel(name); return { id, name }; },
  "POST /say": ({ channel, user, text }) => shown(fake.memberPosts(channel, user, text)),
  "POST /edit": ({ message, text }) => shown(fake.memberEdits(message, text)),
  "POST /delete": ({ message }) => { fake.memberDeletes(message); return {}; },
  "POST /react": ({ message, user, emoji }) => { fake.memberReacts(message, user, emoji); return {}; },
  "POST /unreact": ({ message, user, emoji }) => { fake.memberUnreacts(message, user, emoji); return {}; },
  "POST /command": async ({ channel, user, name, options }) => answered(await fake.memberRunsCommand(name, (options ?? {}) as Record<string, string>, channel, user)),
  "POST /menu": async ({ channel, message, user, name }) => answered(await fake.memberUsesContextMenu(name, message, channel, user)),
  "POST /press": async ({ message, user, button }) => answered(await fake.memberPressesButton(message, button, user)),
  "POST /submit": async ({ modal, user, values }) => answered(await fake.memberSubmitsModal(modal, values as Record<string, string>, user)),
  "POST /remove": ({ thread, channel }) => { if (thread !== undefined) fake.deleteThread(thread); else fake.deleteChannel(channel); return {}; },
  "POST /permission": ({ name, on }) => { fake[on ? "restorePermission" : "removePermission"](name as Parameters<FakeDiscord["removePermission"]>[0]); return {}; },
  "POST /fault": ({ pattern, ...fault }) => { fake.fail(pattern, fault as Fault); return {}; },
  "POST /clear": () => { fake.faults.clear(); return {}; },
  "POST /gateway": ({ end }) => { ({ cut: () => fake.gateway.cut(), lost: () => fake.gateway.cut({ resumable: false }), invalid: () => fake.gateway.invalidate() })[end](); return {}; },
  "GET /channels": () => [...fake.channels.values()].filter(({ thread }) => thread === null).map(({ id, name, type }) => ({ id, name, type })),
  "GET /threads": () => fake.threads().map(({ id, name, parent, appliedTags, thread }) => ({ id, name, parent, tags: fake.channel(parent ?? "").tags.filter((tag) => appliedTags.includes(tag.id)).map((tag) => tag.name), archived: thread?.archived, locked: thread?.locked })),
  "GET /messages": ({ channel }) => fake.messagesIn(channel).map(shown),
};

const control = createServer((request, response) => {
  void (async () => {
    const url = new URL(request.url ?? "/", "http://fake"), chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const order = { ...Object.fromEntries(url.searchParams), ...(body === "" ? {} : (JSON.parse(body) as object)) } as unknown as Order;
    const act = acts[`${request.method} ${url.pathname}`];
    const answer = (await act?.(order)) ?? null;
    response.writeHead(act === undefined ? 404 : 200, { "content-type": "application/json" }).end(JSON.stringify(answer, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value)));
  })().catch((error: unknown) => { response.writeHead(400).end(String(error)); });
});
control.listen(0, "127.0.0.1", () => {
  const { restUrl: apiUrl, gatewayUrl, token: botToken, guildId: guild } = fake;
  process.stdout.write(`${JSON.stringify({ apiUrl, gatewayUrl, botToken, guild, control: `http://127.0.0.1:${(control.address() as { port: number }).port}` })}\n`);
});
process.once("SIGTERM", () => { control.close(); void fake.stop(); });
