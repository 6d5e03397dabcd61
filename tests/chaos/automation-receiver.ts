/** A program of the administrator's that takes webhooks, and fails as programs do: refuses, breaks off before and after it has taken one, is slow. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Told } from "./automation-count.ts";
import type { Dice } from "./options.ts";

interface Body {
  id: string; event: string; at: string;
  conversation: { number: number; assignee: { name: string } | null };
  message?: { seq: number; text: string };
  change?: { seq: number; text: string; type: string; to?: string | null; toName?: string | null };
}

export class Receiver {
  /** By the conversation's number, in the order in which they were taken; one that was broken off after that comes again. */
  readonly told = new Map<number, Told[]>();
  private well = false;
  private constructor(private readonly server: Server, readonly url: string) {}

  static async start(dice: Dice): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((done) => { server.listen(0, "127.0.0.1", done); });
    const receiver = new Receiver(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`);
    server.on("request", (request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part)).on("error", () => undefined).on("end", () => {
        void (async () => {
          const luck = receiver.well ? 1 : dice.next();
          if (luck < 0.06) { response.writeHead(500).end(); return; }
          if (luck < 0.09) { request.socket.destroy(); return; }
          if (luck < 0.2) await sleep(dice.between(50, 600));
          receiver.take(JSON.parse(Buffer.concat(parts).toString("utf8")) as Body);
          if (luck > 0.2 && luck < 0.23) request.socket.destroy();
          else response.writeHead(200).end();
        })();
      });
    });
    return receiver;
  }

  private take({ id, event, at, conversation: { number, assignee }, message, change }: Body): void {
    const list = this.told.get(number) ?? [];
    this.told.set(number, list);
    const to = change?.toName ?? change?.to ?? undefined;
    list.push({
      id, event, at: Date.parse(at), assignee: assignee?.name ?? null, seq: message?.seq ?? change?.seq ?? 1, ...(change === undefined ? {} : { change: change.type }), ...(to === undefined ? {} : { to }), text: message?.text ?? change?.text ?? "",
    });
  }

  heal(): void { this.well = true; }
  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => { this.server.close(() => done()); });
  }
}
