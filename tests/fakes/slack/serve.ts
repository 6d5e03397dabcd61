/** The fake as a process of its own: `tsx tests/fakes/slack/serve.ts [port]`. It prints its addresses and tokens, and is told over HTTP what people do and what fails. */
import { createServer } from "node:http";
import { readAll } from "./body.ts";
import type { CallFault, EventRule } from "./faults.ts";
import type { RateOptions } from "./rates.ts";
import { FakeSlack } from "./server.ts";
import type { ChannelOptions, UserOptions } from "./workspace.ts";

/**
 * POST /user {name, …} · /channel {name, …} · /say {channel, user, text, thread?} · /edit {channel, ts, text} · /delete {channel, ts} · /react, /unreact {channel, ts, user, emoji} · /command {channel, user, text} ·
 * /press {channel, ts, user, action, value?} · /fault {method, chance?, …CallFault} · /events {do, chance?, times?} · /release · /clear · /rates RateOptions or {off: true} · /sockets {end: "cut" | "refresh" | "freeze"}.
 * GET /threads?channel= · /messages?channel=&thread= · /notices?user= · /queue.
 */
interface Order {
  channel: string; user: string; text: string; thread: string; ts: string; emoji: string; name: string; action: string; value: string;
  method: string; chance: number; do: EventRule["do"]; times: number; off: boolean; end: "cut" | "refresh" | "freeze";
}

const fake = new FakeSlack({ record: false, port: Number(process.argv[2] ?? "0") });
await fake.start();
/** With a chance, a fault stays until it is cleared. */
const often = ({ chance, times }: Order) => (chance === undefined ? (times === undefined ? {} : { times }) : { times: times ?? Infinity, when: () => Math.random() < chance });

const acts: Record<string, (order: Order) => unknown> = {
  "POST /user": ({ name, ...more }) => fake.space.addUser(name, more as UserOptions),
  "POST /channel": ({ name, ...more }) => { const { id } = fake.space.addChannel(name, more as ChannelOptions); return { id, name }; },
  "POST /say": ({ channel, user, text, thread }) => ({ ts: fake.userPosts(channel, user, text, thread === undefined ? {} : { threadTs: thread }) }),
  "POST /edit": ({ channel, ts, text }) => { fake.userEdits(channel, ts, text); return {}; },
  "POST /delete": ({ channel, ts }) => { fake.userDeletes(channel, ts); return {}; },
  "POST /react": ({ channel, ts, user, emoji }) => { fake.userReacts(channel, ts, emoji, user); return {}; },
  "POST /unreact": ({ channel, ts, user, emoji }) => { fake.userUnreacts(channel, ts, emoji, user); return {}; },
  "POST /command": ({ channel, user, text }) => fake.userRunsCommand("/desk", text, channel, user),
  "POST /press": ({ channel, ts, user, action, value }) => fake.userPressesButton(channel, ts, action, value, user),
  "POST /fault": ({ method, ...fault }) => { fake.fail(method, { ...(fault as CallFault), ...often(fault as Order) }); return {}; },
  "POST /events": (order) => { fake.eventRule({ do: order.do, ...often(order) }); return {}; },
  "POST /release": () => { fake.releaseEvents(); return {}; },
  "POST /clear": () => { fake.clearFaults(); fake.releaseEvents(); return {}; },
  "POST /rates": ({ off, ...options }) => { if (off) fake.rates.off(); else fake.enforceRateLimits(options as RateOptions); return {}; },
  "POST /sockets": ({ end }) => { ({ cut: () => fake.sockets.cut(), refresh: () => fake.sockets.disconnect("refresh_requested", 1), freeze: () => fake.sockets.freeze() })[end](); return {}; },
  "GET /threads": ({ channel }) => fake.messagesIn(channel).filter(({ metadata }) => metadata !== null),
  "GET /messages": ({ channel, thread }) => fake.messagesIn(channel, thread),
  "GET /notices": ({ user }) => fake.ephemeralsFor(user),
  "GET /queue": () => ({ pending: fake.deliverer.pending, sockets: fake.sockets.count }),
};

const control = createServer((request, response) => {
  void (async () => {
    const url = new URL(request.url ?? "/", "http://fake"), body = (await readAll(request)).toString("utf8");
    const order = { ...Object.fromEntries(url.searchParams), ...(body === "" ? {} : (JSON.parse(body) as object)) } as unknown as Order;
    const act = acts[`${request.method} ${url.pathname}`];
    const answer = (await act?.(order)) ?? null;
    response.writeHead(act === undefined ? 404 : 200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  })().catch((error: unknown) => { response.writeHead(400).end(String(error)); });
});
control.listen(0, "127.0.0.1", () => {
  const { apiUrl, botToken, appToken, signingSecret, space } = fake;
  process.stdout.write(`${JSON.stringify({ apiUrl, botToken, appToken, signingSecret, appId: space.appId, control: `http://127.0.0.1:${(control.address() as { port: number }).port}` })}\n`);
});
process.once("SIGTERM", () => { control.close(); void fake.stop(); });
