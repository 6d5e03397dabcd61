/** The real, built server as a process that can be killed, paused and started again on the same data. */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { call } from "./http.ts";

const CLI = fileURLToPath(new URL("../../dist/server/cli.js", import.meta.url));
const READY_MS = 180_000;
const STOP_MS = 20_000;

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => { probe.listen(0, "127.0.0.1", done); });
  const { port } = probe.address() as { port: number };
  await new Promise((done) => { probe.close(done); });
  return port;
}

/** One command of ours, run to its end; answers what it said. @throws Error with what it said when it fails */
export async function runCommand(words: string[], env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [CLI, ...words], { env: { PATH: process.env["PATH"] ?? "", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => { output += chunk.toString("utf8"); });
  const code = await new Promise<number | null>((done) => { child.once("close", done); });
  if (code !== 0) throw new Error(`threadline ${words.join(" ")} ended with ${code}:\n${output}`);
  return output;
}

export class Server {
  readonly url: string;
  readonly logFile: string;
  /** Ends that nobody asked for: how the process went. */
  readonly crashes: string[] = [];
  private child: ChildProcess | undefined;
  private wanted = false;
  paused = false;

  /** `words`: the command. `ready`: when it counts as started. */
  constructor(readonly name: string, private readonly port: number, folder: string, private readonly env: Record<string, string>, private readonly words = ["start"]) {
    this.url = `http://127.0.0.1:${port}`;
    this.logFile = join(folder, `${name}.log`);
  }
  get pid(): number | undefined { return this.child?.pid; }

  /** Starts it and resolves when it answers. @throws Error with the end of its log when it does not within three minutes */
  async start(answers: () => Promise<boolean> = () => this.isReady()): Promise<void> {
    const log = openSync(this.logFile, "a");
    const child = spawn(process.execPath, [CLI, ...this.words], {
      env: { PATH: process.env["PATH"] ?? "", LOG_LEVEL: "warn", ...this.env, PORT: String(this.port) }, stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.child = child;
    this.wanted = true;
    child.once("exit", (code, signal) => {
      if (this.wanted && this.child === child) this.crashes.push(`${this.name} ended by itself (${signal ?? `exit ${code}`})`);
    });
    const until = performance.now() + READY_MS;
    while (performance.now() < until && child.exitCode === null && child.signalCode === null && this.child === child) {
      if (await answers().catch(() => false)) return;
      await sleep(50);
    }
    if (this.child === child && this.wanted) throw new Error(`${this.name} did not get ready (${child.signalCode ?? child.exitCode ?? "it runs"}; /readyz: ${this.lastAnswer}). Its log ends so:\n${this.tail()}`);
  }
  private lastAnswer = "none";
  private async isReady(): Promise<boolean> {
    try {
      const { status, body } = await call(this.url, { path: "/readyz", timeoutMs: 20_000 });
      this.lastAnswer = `${status} ${JSON.stringify(body)}`;
      return status === 200;
    } catch (error) {
      this.lastAnswer = (error as Error).message;
      return false;
    }
  }

  /** SIGKILL: no word of goodbye, nothing flushed. */
  async kill(): Promise<void> { await this.end("SIGKILL"); }
  /** As Ctrl-C would. */
  async stop(): Promise<void> {
    const child = this.child;
    const timer = setTimeout(() => child?.kill("SIGKILL"), STOP_MS);
    await this.end("SIGTERM");
    clearTimeout(timer);
  }
  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.wanted = false;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((done) => { child.once("exit", () => done()); });
    child.kill(signal);
    await gone;
  }
  pause(): void { this.paused = true; this.child?.kill("SIGSTOP"); }
  resume(): void { this.child?.kill("SIGCONT"); this.paused = false; }

  private text(): string { try { return readFileSync(this.logFile, "utf8"); } catch { return ""; } }
  tail(lines = 15): string { return this.text().trimEnd().split("\n").slice(-lines).join("\n"); }
  /** How often each error was logged (level error and above), by its words. */
  errors(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const line of this.text().split("\n")) {
      if (!line.startsWith("{")) continue;
      let entry: { level?: number | string; msg?: string; err?: { message?: string; type?: string } };
      try { entry = JSON.parse(line) as typeof entry; } catch { continue; }
      const level = typeof entry.level === "number" ? entry.level : { error: 50, fatal: 60 }[entry.level ?? ""] ?? 0;
      if (level < 50) continue;
      const words = `${entry.msg ?? ""}${entry.err?.message === undefined ? "" : ` (${entry.err.message.slice(0, 160)})`}`;
      counts.set(words, (counts.get(words) ?? 0) + 1);
    }
    return counts;
  }
}
