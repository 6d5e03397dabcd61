/** The fake as a process of its own, for chaos and bench: `tsx tests/fakes/telegram/serve.ts [port] [token]`. It prints its address. */
import { createServer } from "node:http";
import { readAll } from "./body.ts";
import type { Fault } from "./faults.ts";
import { FAKE_TOKEN, FakeTelegram } from "./server.ts";

/** POST /say {chat, text} · /fault Fault · /clear · /copies {copies} (webhook) · GET /shown · /queue. */
interface Order { chat: number; text: string; copies: number }

const [port = "0", token = FAKE_TOKEN] = process.argv.slice(2);
const fake = await FakeTelegram.start({ port: Number(port), token, record: false });

const control = createServer((request, response) => {
  void (async () => {
    const body = (await readAll(request)).toString("utf8");
    const order = (body === "" ? {} : JSON.parse(body)) as Order;
    const acts: Record<string, () => unknown> = {
      "POST /say": () => { const { messageId, update } = fake.user(order.chat).says(order.text); return { messageId, updateId: update?.update_id ?? null }; },
      "POST /fault": () => { fake.fault(order as unknown as Fault); return {}; },
      "POST /clear": () => { fake.faults.clear(); return {}; },
      "POST /copies": () => { fake.updates.copies = order.copies; return {}; },
      "GET /shown": () => fake.state.shown,
      "GET /queue": () => ({ pending: fake.updates.count }),
    };
    const act = acts[`${request.method} ${request.url}`];
    response.writeHead(act === undefined ? 404 : 200, { "content-type": "application/json" }).end(JSON.stringify(act?.() ?? null));
  })().catch((error: unknown) => { response.writeHead(400).end(String(error)); });
});
control.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ apiRoot: fake.apiRoot, token, control: `http://127.0.0.1:${(control.address() as { port: number }).port}` })}\n`);
});
process.once("SIGTERM", () => { control.close(); void fake.close(); });
