/** The real application as a process of its own: built, on a free port, with a fresh data folder. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const CLI = fileURLToPath(new URL("../../dist/server/cli.js", import.meta.url));
const READY_MS = 60_000;
/** An inbox's settings are remembered for two seconds by those who read them often. */
const INBOX_REMEMBERED_MS = 2_500;

/** As the demo, but a reply leaves sooner and rates are not limited. */
export const quickSettings = (undoSeconds = 2): string => `
limits: off
agents:
  - { name: Mara Lindqvist, email: mara@demo.example, role: administrator }
  - { name: Jonas Okafor, email: jonas@demo.example, role: agent }
labels:
  - { name: billing, color: "#b45309" }
  - { name: shipping, color: "#1d4ed8" }
desks:
  - { name: Playground, kind: playground, channel: support }
inboxes:
  - { name: Website, channel: widget, key: demo, allowedOrigins: ["*"], desk: Playground, undoSeconds: ${undoSeconds}, doubleReplySeconds: 0, replyMinutes: 30 }
`;

export class App {
  /** `http://127.0.0.1:PORT`, the same after a restart. */
  url = "";
  private child: ChildProcess | undefined;
  private output = "";
  private constructor(readonly folder: string, private readonly env: Record<string, string>) {}

  /** Starts it; without `settings` it makes the demo. @throws Error with its output when it does not get ready */
  static async start(settings?: string): Promise<App> {
    const folder = await mkdtemp(join(tmpdir(), "threadline-browser-"));
    const file = join(folder, "threadline.yaml");
    if (settings !== undefined) await writeFile(file, settings);
    const app = new App(folder, settings === undefined ? {} : { THREADLINE_APPLY: file });
    await app.run();
    return app;
  }

  private async run(): Promise<void> {
    const port = this.url === "" ? "0" : new URL(this.url).port;
    const child = spawn(process.execPath, ["--enable-source-maps", CLI, "start"], {
      env: { PATH: process.env["PATH"] ?? "", DATA_DIR: join(this.folder, "data"), PORT: port, LOG_LEVEL: "warn", ...this.env }, stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    let said = "";
    await new Promise<void>((ready, fail) => {
      const timer = setTimeout(() => fail(new Error(`The application did not get ready:\n${said}`)), READY_MS);
      child.once("exit", (code) => fail(new Error(`The application ended with ${code}:\n${said}`)));
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => {
        said += chunk.toString("utf8");
        this.output += chunk.toString("utf8");
        const address = /^ {2}Server +(\S+)/m.exec(said)?.[1];
        if (address === undefined) return;
        this.url = address;
        clearTimeout(timer);
        ready();
      });
    });
  }

  /** `threadline apply` while it runs; returns once every part counts with it. @throws Error with what the command said */
  async apply(settings: string): Promise<void> {
    const file = join(this.folder, "apply.yaml");
    await writeFile(file, settings);
    const child = spawn(process.execPath, [CLI, "apply", file], { env: { PATH: process.env["PATH"] ?? "", DATA_DIR: join(this.folder, "data"), LOG_LEVEL: "warn" }, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => { said += chunk.toString("utf8"); });
    const code = await new Promise((done) => { child.once("close", done); });
    if (code !== 0) throw new Error(`threadline apply ended with ${String(code)}:\n${said}`);
    await sleep(INBOX_REMEMBERED_MS);
  }

  /** All that it wrote: the banner and the log. */
  log(): string { return this.output; }
  errors(): string[] { return this.output.split("\n").filter((line) => /^\{"level":[56]0/.test(line)); }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => { child.once("exit", done); });
    child.kill(signal);
    await gone;
  }
  /** No goodbye, nothing flushed. */
  kill(): Promise<void> { return this.end("SIGKILL"); }
  /** Runs again on the same data and port. */
  restart(): Promise<void> { return this.run(); }
  /** Ends it and removes its data; its log must hold no error. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
    expect(this.errors()).toEqual([]);
  }
}
