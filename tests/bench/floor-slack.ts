/** The floor's side of the fake Slack: one post per customer's line, one socket on which every event is acknowledged at once. */
import type { Agent } from "node:http";
import { request } from "node:http";
import { WebSocket } from "ws";
import type { FloorDesk, SlackPlace } from "./wire.ts";

interface Envelope { envelope_id?: string; payload?: { event?: { type?: string; text?: string; thread_ts?: string; bot_id?: string; user?: string } } }

/** One Web API call. @throws Error when Slack refuses it */
async function slackCall<T>({ settings: { apiUrl } }: SlackPlace, agent: Agent, token: string, method: string, args: object): Promise<T> {
  const body = JSON.stringify(args);
  const text = await new Promise<string>((done, fail) => {
    const call = request(apiUrl + method, { method: "POST", agent, headers: { "content-type": "application/json; charset=utf-8", authorization: `Bearer ${token}`, "content-length": Buffer.byteLength(body) } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => done(Buffer.concat(chunks).toString("utf8"))).on("error", fail);
    });
    call.on("error", fail).end(body);
  });
  const answer = JSON.parse(text) as T & { ok: boolean; error?: string };
  if (!answer.ok) throw new Error(`${method}: ${answer.error}`);
  return answer;
}

/** `onLine`: a line of the agent's; it is acknowledged once that resolves, as the application stores it first. */
export async function openSlack(place: SlackPlace, agent: Agent, onLine: (text: string) => Promise<void>): Promise<FloorDesk> {
  const { botToken, appToken } = place.settings;
  const { url } = await slackCall<{ url: string }>(place, agent, appToken, "apps.connections.open", {});
  const socket = new WebSocket(url);
  await new Promise((done, fail) => { socket.once("open", done).once("error", fail); });
  socket.on("message", (data: Buffer) => {
    const { envelope_id, payload } = JSON.parse(data.toString("utf8")) as Envelope;
    if (envelope_id === undefined) return;
    const event = payload?.event;
    const theirs = event?.type === "message" && event.user === place.user && event.thread_ts !== undefined && event.bot_id === undefined;
    (theirs ? onLine(event.text!) : Promise.resolve()).then(() => socket.send(JSON.stringify({ envelope_id, payload: {} }))).catch((error: unknown) => { console.error(error); process.exit(1); });
  });
  return {
    post: async (chat, text) => { await slackCall(place, agent, botToken, "chat.postMessage", { channel: place.channel, text, username: `Ana Nr ${chat} · Telegram` }); },
    close: () => socket.close(),
  };
}
