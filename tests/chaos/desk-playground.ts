/** The playground over its page's calls. */
import { Desk, type DeskThread, type Notice } from "./desk.ts";
import { Broken, call } from "./http.ts";
import { anyServer, ask, type DeskPlace } from "./world.ts";

interface Message { id: string; seq: number; position: number; author: { name: string; kind: "customer" | "agent" | "bot" | "guest" }; text: string; held?: string; reactions: { emoji: string; by: string }[]; deleted: boolean }
interface ThreadEntry { id: string; lastMessageAt: string }

const PAGE = 1_000;
/** Who shows receipts, as reactions on an agent's own message. */
const BOT = "Threadline";

class PlaygroundDesk extends Desk {
  private readonly dice = this.world.dice.of("desk");
  private readonly places = new Map<string, { after: number; lastMessageAt: string }>();

  private async get(path: string): Promise<unknown> {
    const { status, body } = await call(anyServer(this.world, this.dice), { path, timeoutMs: 5_000 });
    if (status !== 200) throw new Broken(true, `${path}: ${status}`);
    return body;
  }
  private place(id: string): { after: number; lastMessageAt: string } {
    const place = this.places.get(id) ?? { after: 0, lastMessageAt: "" };
    this.places.set(id, place);
    return place;
  }

  async look(all: boolean): Promise<void> {
    const { threads } = (await this.get("/playground/v1/threads")) as { threads: ThreadEntry[] };
    await Promise.all(threads.map(async ({ id, lastMessageAt }) => {
      const place = this.place(id);
      if (all || place.lastMessageAt !== lastMessageAt) await this.read(this.thread(id));
      place.lastMessageAt = lastMessageAt;
    }));
  }

  async read(thread: DeskThread): Promise<void> {
    const place = this.place(thread.id);
    for (;;) {
      const { messages } = (await this.get(`/playground/v1/threads/${thread.id}/messages?after=${place.after}`)) as { messages: Message[] };
      for (const { id, seq, position, author, text, held, reactions, deleted } of messages) {
        place.after = Math.max(place.after, seq);
        this.saw(thread, { id, position, by: author.kind, text, held: held !== undefined, deleted, receipt: reactions.find((one) => one.by === BOT)?.emoji ?? null });
      }
      if (messages.length < PAGE) return;
    }
  }

  async write(thread: DeskThread, agent: string, text: string): Promise<{ taken: boolean; status: string }> {
    const { status, body } = await call(anyServer(this.world, this.dice), { method: "POST", path: `/playground/v1/threads/${thread.id}/messages`, json: { agent, text } });
    if (status !== 201 && status < 500) throw new Error(`The desk refused an agent's line: ${status} ${JSON.stringify(body)}`);
    return { taken: status === 201, status: String(status) };
  }

  async notices(agent: string): Promise<Notice[] | null> {
    const answer = await ask(this.world, this.dice, { path: `/playground/v1/notices?agent=${agent}` });
    return answer === null || answer.status !== 200 ? null : (answer.body as { notices: Notice[] }).notices;
  }
  async press(agent: string, notice: Notice, button: string): Promise<string> {
    const { status } = await call(anyServer(this.world, this.dice), { method: "POST", path: `/playground/v1/notices/${notice.id}/press`, json: { agent, button } });
    return String(status);
  }
}

/** It lives in the servers, so it has no faults of its own. */
export const playground = (): DeskPlace => ({
  settings: ["{ name: Desk, kind: playground, channel: support }"], undoSeconds: 0,
  see: (world, onLine) => new PlaygroundDesk(world, onLine), ready: async () => undefined, heal: () => undefined, pending: () => 0, close: async () => undefined,
});
