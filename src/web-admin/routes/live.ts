/** `GET /live`: server-sent events that say that something changed; pages ask again for what. Losing one costs seconds: they look now and then all the same. */
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import type { FastifyInstance } from "fastify";
import { UserError } from "../../core/errors.ts";
import type { Bus, BusEvent } from "../../core/bus.ts";
import type { AdminCall } from "./call.ts";

const HEARS: BusEvent["type"][] = ["conversation.changed", "message.stored", "lane.due"];
/** Changes within this time are told as one. */
const TOGETHER_MS = 1_000;
/** A comment this often keeps proxies from cutting the stream; then it is also seen whether the session has ended. */
const PULSE_MS = 15_000;
const MOST = 200;

/** What a page that has gone to sleep may hold up a server that stops. */
const GRACE_MS = 250;

const open = new Map<PassThrough, Socket>();
/** Streams never end by themselves, and a server waits for its answers. */
export const endStreams = (app: FastifyInstance): void => void app.addHook("preClose", async () => {
  for (const [stream, socket] of open) {
    stream.end();
    setTimeout(() => socket.destroy(), GRACE_MS);
  }
});

function onChange(bus: Bus, tell: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const soon = () => { timer ??= setTimeout(() => { timer = undefined; tell(); }, TOGETHER_MS); };
  const ends = HEARS.map((type) => bus.on(type, soon));
  return () => { clearTimeout(timer); for (const end of ends) end(); };
}

export const liveCalls: AdminCall[] = [{
  method: "GET", path: "/live", summary: "Hear that something changed", about: "Admin", needs: "admin.read", by: "session", answers: { 200: "events" }, codes: [],
  async run({ parts: { core, auth }, request, reply }) {
    if (open.size >= MOST) {
      reply.header("retry-after", "30");
      throw new UserError("TOO_MANY", "Too many pages listen at once. Close some; this one goes on asking now and then.");
    }
    const stream = new PassThrough();
    open.set(stream, request.raw.socket);
    stream.write("retry: 2000\nevent: ready\ndata: {}\n\n");
    const stop = onChange(core.bus, () => stream.write("event: changed\ndata: {}\n\n"));
    const pulse = setInterval(() => {
      stream.write(": still here\n\n");
      auth.sessionOf(request).then((session) => { if (session === null) stream.end(); }, () => stream.end());
    }, PULSE_MS);
    const close = () => { clearInterval(pulse); stop(); open.delete(stream); };
    stream.once("close", close);
    return stream;
  },
}];
