/** The floor's side of the fake Discord: one post per customer's line, one gateway connection over which the agent's lines come. */
import type { Agent } from "node:http";
import { request } from "node:http";
import { WebSocket } from "ws";
import type { DiscordPlace, FloorDesk } from "./wire.ts";

/** Guilds, messages in them and their text. Source: discord.com/developers/docs/events/gateway#list-of-intents */
const INTENTS = (1 << 0) | (1 << 9) | (1 << 15);
const HELLO = 10, IDENTIFY = 2;
interface Payload { op: number; t: string | null; d: { author?: { id: string }; content?: string } | null }

/** One call. @throws Error when Discord refuses it */
async function post({ settings: { apiUrl, botToken } }: DiscordPlace, agent: Agent, path: string, args: object): Promise<void> {
  const body = JSON.stringify(args);
  const status = await new Promise<number>((done, fail) => {
    const call = request(`${apiUrl}/v10${path}`, { method: "POST", agent, headers: { "content-type": "application/json", authorization: `Bot ${botToken}`, "content-length": Buffer.byteLength(body) } }, (answer) => {
      answer.resume().on("end", () => done(answer.statusCode ?? 0)).on("error", fail);
    });
    call.on("error", fail).end(body);
  });
  if (status !== 200) throw new Error(`${path}: ${status}`);
}

/** `onLine`: a line of the agent's; Discord waits for no acknowledgement. */
export async function openDiscord(place: DiscordPlace, agent: Agent, onLine: (text: string) => Promise<void>): Promise<FloorDesk> {
  const socket = new WebSocket(`${place.gatewayUrl}?v=10&encoding=json`);
  await new Promise<void>((done, fail) => {
    socket.once("error", fail).on("message", (data: Buffer) => {
      const { op, t, d } = JSON.parse(data.toString("utf8")) as Payload;
      if (op === HELLO) socket.send(JSON.stringify({ op: IDENTIFY, d: { token: place.settings.botToken, intents: INTENTS, properties: { os: "linux", browser: "floor", device: "floor" } } }));
      if (t === "READY") done();
      if (t === "MESSAGE_CREATE" && d?.author?.id === place.user && d.content?.startsWith("r") === true) onLine(d.content).catch((error: unknown) => { console.error(error); process.exit(1); });
    });
  });
  return {
    post: (chat, text) => post(place, agent, `/channels/${place.floorChannel}/messages`, { content: `**Ana Nr ${chat} · Telegram**\n${text}` }),
    close: () => socket.close(),
  };
}
