import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { namedVariables } from "../../src/cli/apply.ts";
import { execute } from "../../src/cli/main.ts";
import { banner } from "../../src/cli/start.ts";
import { newRunToken, readRunFile, removeRunFile, writeRunFile } from "../../src/boot/run-file.ts";

function dataDir(): string {
  const path = mkdtempSync(join(tmpdir(), "threadline-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function cli(words: string[], env: Record<string, string> = {}) {
  const printed: string[] = [];
  const complained: string[] = [];
  const code = await execute(words, { print: (line) => printed.push(line), complain: (line) => complained.push(line), env, signal: new AbortController().signal });
  return { code, out: printed.join("\n"), err: complained.join("\n") };
}

test("help lists every command with its usage", async () => {
  for (const words of [["help"], ["--help"]]) {
    const { code, out } = await cli(words);
    expect(code).toBe(0);
    for (const usage of ["start", "apply [file]", "delivery pause | resume", "retry", "store serve --tcp PORT", "help"]) expect(out).toContain(usage);
  }
  expect((await cli(["apply", "--help"])).out).toContain("npx threadline apply [file]");
});

describe("what can't be done is said in words, with an exit code", () => {
  test.each([
    [["aply"], 2, /There is no command aply\. Did you mean apply\?/],
    [["delivery"], 2, /Say what to do/],
    [["delivery", "stop"], 2, /Say what to do/],
    [["retry", "all"], 2, /retry takes no words/],
    [["store", "serve"], 2, /Name the port/],
    [["store", "serve", "--tcp", "99999"], 2, /Name the port/],
    [["start", "now"], 2, /start takes no words/],
    [["apply", "a.yaml", "b.yaml"], 2, /one file/],
    [["apply", "nowhere.yaml"], 1, /There is no file nowhere\.yaml/],
  ])("%j", async (words, code, message) => {
    const answer = await cli(words, { DATA_DIR: dataDir() });
    expect(answer.code).toBe(code);
    expect(answer.err).toMatch(message);
    expect(answer.err).not.toContain("    at ");
  });

  test("a variable that can't be used stops the command before it does anything", async () => {
    const { code, err } = await cli(["delivery", "resume"], { PORT: "x" });
    expect(code).toBe(1);
    expect(err).toMatch(/^PORT must be a whole number/);
  });
});

/** A server in the place of the running one: keeps what it was asked and answers `answer`. */
async function standIn(dir: string, answer: { status: number; body: object }) {
  const asked: { url: string; token: string; body: unknown }[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => { text += chunk.toString(); }).on("end", () => {
      if (request.method === "POST") asked.push({ url: request.url!, token: request.headers.authorization!, body: JSON.parse(text) });
      response.writeHead(request.method === "POST" ? answer.status : 200, { "content-type": "application/json" }).end(JSON.stringify(request.method === "POST" ? answer.body : {}));
    });
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => { server.once("listening", resolve); });
  const token = newRunToken();
  await writeRunFile(dir, { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, token });
  return { asked, token };
}

describe("a command asks the server that runs", () => {
  test("delivery resume tells the count", async () => {
    const dir = dataDir();
    const { asked, token } = await standIn(dir, { status: 200, body: { queued: 3 } });
    const { code, out } = await cli(["delivery", "resume"], { DATA_DIR: dir });
    expect(asked).toEqual([{ url: "/control/v1/delivery", token: `Bearer ${token}`, body: { act: "resume" } }]);
    expect(out).toBe("Delivery goes on. 3 replies were waiting and leave now.");
    expect(code).toBe(0);
  });

  test("retry tells the count", async () => {
    const dir = dataDir();
    const { asked } = await standIn(dir, { status: 200, body: { retried: 2 } });
    const { code, out } = await cli(["retry"], { DATA_DIR: dir });
    expect(asked).toMatchObject([{ url: "/control/v1/retry", body: {} }]);
    expect(out).toBe("2 tasks are tried again now.");
    expect(code).toBe(0);
  });

  test("apply shows the faults as file:line:column and fails", async () => {
    const dir = dataDir();
    const file = join(dir, "threadline.yaml");
    writeFileSync(file, "labels: []\n");
    const { asked } = await standIn(dir, { status: 200, body: { changes: [], faults: [{ line: 4, column: 7, reason: "Wrong." }] } });
    const { code, out } = await cli(["apply", file], { DATA_DIR: dir });
    expect(asked[0]!.body).toEqual({ text: "labels: []\n", env: {}, folder: dir });
    expect(out).toBe(`${file}:4:7  Wrong.\n1 fault; nothing was changed.`);
    expect(code).toBe(1);
  });

  test("a refusal is shown in the server's words", async () => {
    const dir = dataDir();
    await standIn(dir, { status: 401, body: { code: "BAD_TOKEN", message: "The token is not that of this server." } });
    expect(await cli(["delivery", "pause"], { DATA_DIR: dir })).toEqual({ code: 1, out: "", err: "The token is not that of this server." });
  });
});

test("only the variables that the file names leave for the server", () => {
  expect(namedVariables("token: ${A}\nother: ${B} ${A}", { A: "1", C: "3" })).toEqual({ A: "1" });
});

test("the run file is its user's alone, and only its own process removes it", async () => {
  const dir = dataDir();
  await writeRunFile(dir, { url: "http://127.0.0.1:1", token: "t" });
  expect(statSync(join(dir, "run.json")).mode & 0o777).toBe(0o600);
  expect(await readRunFile(dir)).toEqual({ pid: process.pid, url: "http://127.0.0.1:1", token: "t" });
  writeFileSync(join(dir, "run.json"), JSON.stringify({ pid: process.pid + 1, url: "http://127.0.0.1:2", token: "u" }));
  await removeRunFile(dir);
  expect((await readRunFile(dir))?.url).toBe("http://127.0.0.1:2");
  writeFileSync(join(dir, "run.json"), "{");
  expect(await readRunFile(dir)).toBeNull();
});

test("the banner shows addresses, the one-time link and the next step", () => {
  const text = banner({ url: "http://127.0.0.1:3000", playground: "http://127.0.0.1:3000/playground/", signInLink: "http://127.0.0.1:3000/playground/#link=abc", store: "embedded", news: ["Made a demo."], stop: async () => {} }).join("\n");
  for (const part of ["Threadline is ready.", "Made a demo.", "http://127.0.0.1:3000/playground/#link=abc", "works once", "Next: open the playground", "Ctrl-C"]) expect(text).toContain(part);
});
