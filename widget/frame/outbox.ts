/** Lines on their way: kept in this browser under their own clientId until the server has them, sent one after the other. */
import type { MessageAnswer, MessageBody, WireFile } from "../../src/channels/widget/wire.ts";
import { CallError } from "./api.ts";
import type { Memory } from "./storage.ts";

export interface Pending {
  clientId: string;
  body: string;
  files: WireFile[];
  /** It is a press on a choice of that line. */
  choice?: NonNullable<MessageBody["choice"]>;
  /** Milliseconds since 1970. */
  at: number;
  state: "waiting" | "sending" | "failed";
  /** Why it failed, in words. */
  why?: string;
}

export interface OutboxParts {
  memory: Memory;
  send(body: MessageBody): Promise<MessageAnswer>;
  /** The server has it; it leaves the outbox in the same moment. */
  onStored(line: Pending, answer: MessageAnswer): void;
  onChange(): void;
  newId(): string;
  now(): number;
}

export interface Outbox {
  list(): readonly Pending[];
  add(body: string, files: WireFile[], choice?: Pending["choice"]): void;
  retry(clientId: string): void;
  discard(clientId: string): void;
  /** Sends what waits, at once. */
  flush(): void;
  clear(): void;
}

const PREFIX = "line:";
const waitMs = (tries: number) => Math.min(1_000 * 2 ** tries, 15_000);

export function createOutbox(parts: OutboxParts): Outbox {
  const { memory } = parts;
  let lines: Pending[] = restore(memory);
  let busy = false, tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const keep = (line: Pending) => memory.set(PREFIX + line.clientId, JSON.stringify(line));
  const change = (clientId: string, next: Partial<Pending>) => {
    lines = lines.map((line) => (line.clientId === clientId ? { ...line, ...next } : line));
    parts.onChange();
  };
  const drop = (clientId: string) => {
    memory.remove(PREFIX + clientId);
    lines = lines.filter((line) => line.clientId !== clientId);
  };

  async function work(): Promise<void> {
    clearTimeout(timer);
    if (busy) return;
    busy = true;
    for (let line = next(lines); line !== undefined; line = next(lines)) {
      const { clientId, body, files, choice } = line;
      change(clientId, { state: "sending" });
      try {
        const answer = await parts.send({ body, clientId, ...(files.length === 0 ? {} : { fileIds: files.map((file) => file.fileId) }), ...(choice === undefined ? {} : { choice }) });
        tries = 0;
        drop(clientId);
        parts.onStored(line, answer);
        parts.onChange();
      } catch (error) {
        const refused = error instanceof CallError && !error.passes;
        change(clientId, refused ? { state: "failed", why: error.message } : { state: "waiting" });
        if (refused) { keep({ ...line, state: "failed", why: error.message }); continue; }
        const asked = error instanceof CallError ? error.retryAfterS * 1_000 : 0;
        timer = setTimeout(() => void work(), Math.max(asked, waitMs(tries)));
        tries += 1;
        break;
      }
    }
    busy = false;
  }

  return {
    list: () => lines,
    add(body, files, choice) {
      const line: Pending = { clientId: parts.newId(), body, files, ...(choice === undefined ? {} : { choice }), at: parts.now(), state: "waiting" };
      keep(line);
      lines = [...lines, line];
      parts.onChange();
      void work();
    },
    retry(clientId) { change(clientId, { state: "waiting" }); void work(); },
    discard(clientId) { drop(clientId); parts.onChange(); },
    flush() { tries = 0; void work(); },
    clear() { for (const line of lines) drop(line.clientId); parts.onChange(); },
  };
}

const next = (lines: Pending[]): Pending | undefined => lines.find((line) => line.state === "waiting");

function restore(memory: Memory): Pending[] {
  const lines: Pending[] = [];
  for (const name of memory.names(PREFIX)) {
    try {
      const line = JSON.parse(memory.get(name) ?? "") as Pending;
      lines.push(line.state === "failed" ? line : { ...line, state: "waiting" });
    } catch { memory.remove(name); }
  }
  return lines.sort((a, b) => a.at - b.at);
}
