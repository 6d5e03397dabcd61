/** `npm run chaos -- automation`: rules, waits, snoozes, replies and reminders for later, routing, service levels, surveys, a campaign and webhooks of a process that is killed at random moments; then each is looked for. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { harmOf, judge, WORDS, type Verdict, type Watched } from "./automation-count.ts";
import { Receiver } from "./automation-receiver.ts";
import { playground } from "./desk-playground.ts";
import { Broken, call, closeConnections } from "./http.ts";
import { Journal } from "./journal.ts";
import type { Dice, Options } from "./options.ts";
import { freePort, runCommand, Server } from "./server.ts";
import { AGENTS, ask, pause, type World } from "./world.ts";

/** What an agent may have at once. */
const LIMIT = 3;
/** Waits of rules and service levels last a minute, the shortest there is; kills go on as long. */
const LONGEST_WAIT_S = 65;
/** "0.01h" is the shortest snooze that has a name. */
const SNOOZE = "0.01h";
/** Long enough that a restart finds what it set still waiting. */
const LATER = "1m";
const CALM_MS = 4_000;
/** The campaign begins so long after the last customer may have written. */
const START_AFTER_S = 5;
const CALL_MS = 5_000;

const settings = (receiver: Receiver): string => `limits: off
agents:
${AGENTS.map((name, i) => `  - { name: ${name}, email: ${name.toLowerCase()}@example.com, role: ${i === 0 ? "administrator" : "agent"}, capacity: { all: ${LIMIT} } }`).join("\n")}
desks:
  - { name: Desk, kind: playground, channel: support }
  - { name: Supervisors, kind: playground, channel: supervisors }
inboxes:
  - { name: Queue, channel: widget, key: queue, allowedOrigins: ["*"], undoSeconds: 0, desk: Desk, routing: round-robin, csat: { delayMinutes: 0, question: "${WORDS.survey}" } }
  - { name: Time, channel: widget, key: time, allowedOrigins: ["*"], undoSeconds: 0, desk: Desk }
rules:
  - { name: Hears, on: message created, when: 'inbox:Time kind:incoming', steps: [{ do: label, with: heard }, { do: note, with: "${WORDS.heard}" }, { do: reply, with: "${WORDS.reply}" }] }
  - { name: Waits, on: customer waiting for 1m, when: 'inbox:Time', steps: [{ do: note, with: "${WORDS.waited}" }, { do: priority, with: high }] }
labels: [{ name: heard, color: "#b45309" }]
sla:
  - { name: Soon, when: 'inbox:Time', firstReply: 1m, pauseOn: [], supervisors: Supervisors, steps: [{ at: 50, tell: thread }, { at: 100, tell: supervisors }] }
webhooks:
  - { name: Program, url: "${receiver.url}", secret: "a secret of the chaos run, long enough", allowPrivateAddress: true }
`;

interface Customer { name: string; inbox: Watched["inbox"]; token: string | null }
interface Thread { id: string; conversationNumber: number; title: string; status: string; assignee: string | null }
interface Post { id: string; seq: number; position: number; text: string; deleted: boolean }

export interface AutomationResult extends Verdict { rested: boolean; restSeconds: number; downSeconds: number; kills: number; crashes: string[]; errors: Map<string, number> }

/** @throws Error when the server does not start, or refuses what it should take */
export async function runAutomation(options: Options, dice: Dice, folder: string): Promise<AutomationResult> {
  mkdirSync(folder, { recursive: true });
  const receiver = await Receiver.start(dice.of("receiver"));
  const env = { DATA_DIR: join(folder, "data"), THREADLINE_APPLY: join(folder, "threadline.yaml") };
  writeFileSync(env.THREADLINE_APPLY, settings(receiver));
  await runCommand(["apply", env.THREADLINE_APPLY], { DATA_DIR: env.DATA_DIR });
  const token = (await runCommand(["token", "create", "--name", "Chaos", "--role", "administrator"], { DATA_DIR: env.DATA_DIR })).split("\n")[0]!.trim();
  const server = new Server("server", await freePort(), folder, env);
  const world: World = { options, dice, sides: new Map(), place: playground(), journal: new Journal(), servers: [server], loading: true, running: true, actors: [] };
  try {
    await server.start();
    const customers = Array.from({ length: options.conversations }, (_, i): Customer => ({ name: `k${i + 1}`, inbox: i % 2 === 0 ? "queue" : "time", token: null }));
    const notices = new Map<string, { agent: string; text: string }>();
    world.actors.push(...customers.map((customer) => write(world, customer)), ...AGENTS.map((agent) => work(world, agent, notices)), snoozeAll(world), campaign(world, token));
    const failed = new Promise<never>((_, fail) => { for (const actor of world.actors) actor.catch(fail); });
    const downs = await Promise.race([killAtRandom(world, server), failed]);
    world.loading = false;
    receiver.heal();
    const began = performance.now();
    let seen: Watched[] = [];
    let rested = false;
    while (!rested && performance.now() - began < options.drainSeconds * 1_000) {
      await sleep(1_000);
      seen = await Promise.race([look(world, customers, notices, receiver), failed]);
      rested = seen.length === customers.length && judge(seen, LIMIT).rows.every(({ dropped }) => dropped === 0);
    }
    const restSeconds = Math.round((performance.now() - began) / 100) / 10;
    // what comes twice has this long to show itself
    await sleep(CALM_MS);
    seen = await look(world, customers, notices, receiver);
    world.running = false;
    await Promise.all(world.actors);
    return { ...judge(seen, LIMIT), rested, restSeconds, downSeconds: downs.reduce((a, b) => a + b, 0), kills: downs.length, crashes: server.crashes, errors: server.errors() };
  } finally {
    world.loading = world.running = false;
    await Promise.allSettled(world.actors);
    await server.stop();
    await receiver.close();
    closeConnections();
  }
}

async function killAtRandom({ options, dice, journal }: World, server: Server): Promise<number[]> {
  const lasts = options.seconds + LONGEST_WAIT_S;
  const moments = Array.from({ length: options.kills }, () => dice.between(0.05, 0.98) * lasts * 1_000).sort((a, b) => a - b);
  const began = performance.now();
  const until = (ms: number) => sleep(Math.max(0, began + ms - performance.now()));
  const downs: number[] = [];
  for (const moment of moments) {
    await until(moment);
    await server.kill();
    journal.note(null, "SIGKILL");
    const killed = performance.now();
    await server.start();
    downs.push(Math.round((performance.now() - killed) / 100) / 10);
  }
  await until(lasts * 1_000);
  return downs;
}

const refused = (what: string, { status, body }: { status: number; body: unknown }) => new Error(`${what} was refused: ${status} ${JSON.stringify(body)}`);

/** One line, some time within the load. */
async function write(world: World, customer: Customer): Promise<void> {
  const dice = world.dice.of(customer.name);
  await pause(world, dice, 0, world.options.seconds * 1_000);
  const session = await ask(world, dice, { method: "POST", path: "/widget/v1/sessions", json: { inboxKey: customer.inbox } });
  if (session === null) return;
  if (session.status !== 201) throw refused("A widget session", session);
  const { token } = session.body as { token: string };
  const sent = await ask(world, dice, { method: "POST", path: "/widget/v1/messages", token, json: { body: `${customer.name}m1 where is it?`, clientId: customer.name } });
  if (sent !== null && sent.status >= 300) throw refused("A customer's line", sent);
  customer.token = token;
}

async function read<T>(world: World, path: string, token?: string): Promise<T> {
  const { status, body } = await call(world.servers[0]!.url, { path, timeoutMs: CALL_MS, ...(token === undefined ? {} : { token }) });
  if (status !== 200) throw new Broken(true, `${path}: ${status}`);
  return body as T;
}
const threadsOf = async (world: World): Promise<Thread[]> => (await read<{ threads: Thread[] }>(world, "/playground/v1/threads")).threads;
const act = (world: World, thread: Thread, agent: string, action: string, args = "") =>
  call(world.servers[0]!.url, { method: "POST", path: `/playground/v1/threads/${thread.id}/actions`, json: { agent, action, args }, timeoutMs: CALL_MS });

/** Does something again and again while the run lasts, whatever breaks meanwhile. */
async function eachWhile(world: World, dice: Dice, turn: () => Promise<void>): Promise<void> {
  while (world.running) {
    await pause(world, dice, 400, 1_200);
    try { await turn(); } catch (error) { if (!(error instanceof Broken)) throw error; }
  }
}

/** An agent promises something for later, answers and resolves what they were given, and keeps what they are told alone. */
async function work(world: World, agent: string, notices: Map<string, { agent: string; text: string }>): Promise<void> {
  const dice = world.dice.of(agent);
  const promised = new Set<string>();
  const answered = new Set<string>();
  await eachWhile(world, dice, async () => {
    const { notices: mine } = await read<{ notices: { id: string; text: string }[] }>(world, `/playground/v1/notices?agent=${agent}`);
    for (const { id, text } of mine) notices.set(id, { agent, text });
    for (const thread of await threadsOf(world)) {
      if (thread.assignee !== agent || thread.status !== "open" || !dice.chance(0.5)) continue;
      await promise(world, thread, agent, promised);
      if (!answered.has(thread.id)) {
        const { status } = await call(world.servers[0]!.url, { method: "POST", path: `/playground/v1/threads/${thread.id}/messages`, json: { agent, text: `An answer from ${agent}.` }, timeoutMs: CALL_MS });
        if (status === 201) answered.add(thread.id);
      } else await act(world, thread, agent, "resolve");
    }
  });
}

/** Sets one reply and one reminder for later, each once: what a kill left without an answer is looked for before. */
async function promise(world: World, thread: Thread, agent: string, set: Set<string>): Promise<void> {
  for (const [verb, words] of [["schedule", WORDS.later], ["remind", WORDS.reminder]] as const) {
    const key = `${thread.id} ${verb}`;
    if (set.has(key)) continue;
    const listed = await act(world, thread, agent, verb, "list");
    const notice = (listed.body as { notice?: string } | null)?.notice;
    if (listed.status !== 200 || notice === undefined) throw refused(`/${verb} list`, listed);
    const isSet = notice.includes(words) || (await textsOf(world, thread)).some((text) => text.includes(words));
    if (!isSet) {
      const answer = await act(world, thread, agent, verb, `${LATER} | ${words}`);
      if (answer.status !== 200 || (answer.body as { ok?: boolean }).ok !== true) throw refused(`/${verb}`, answer);
    }
    set.add(key);
  }
}

/** Each of the inbox whose work is timed is put away once, for half a minute. */
async function snoozeAll(world: World): Promise<void> {
  const done = new Set<string>();
  await eachWhile(world, world.dice.of("snoozes"), async () => {
    for (const thread of await threadsOf(world)) {
      if (done.has(thread.id) || thread.status === "resolved") continue;
      if (thread.status === "snoozed") { done.add(thread.id); continue; }
      const texts = await textsOf(world, thread);
      if (texts.some((text) => text.includes(WORDS.snoozed))) done.add(thread.id);
      else if (texts.some((text) => text.includes(WORDS.heard))) await act(world, thread, AGENTS[0], "snooze", SNOOZE);
    }
  });
}

/** One text to everybody of one inbox, begun when all have written, at a pace at which kills come in between. */
async function campaign(world: World, token: string): Promise<void> {
  const dice = world.dice.of("campaign");
  await sleep((world.options.seconds + START_AFTER_S) * 1_000);
  const api = async (method: string, path: string, json?: object) => {
    const answer = await ask(world, dice, { method, path: `/api/v1${path}`, token, ...(json === undefined ? {} : { json }) });
    return { status: answer?.status ?? 0, body: answer?.body ?? null };
  };
  const listed = await api("GET", "/inboxes");
  const inboxId = (listed.body as { inboxes: { id: string; name: string }[] } | null)?.inboxes.find(({ name }) => name === "Queue")?.id;
  if (inboxId === undefined) throw refused("The list of inboxes", listed);
  const made = await api("POST", "/campaigns", { name: "Chaos", inboxId, text: WORDS.campaign, perMinute: world.options.conversations });
  if (made.status !== 201) throw refused("A campaign", made);
  const { id } = made.body as { id: string };
  // a repeat of a start whose answer was lost is refused as too late
  const started = await api("POST", `/campaigns/${id}/start`, {});
  if (started.status !== 200 && started.status !== 409 && started.status !== 422) throw refused("The start of a campaign", started);
}

async function postsOf(world: World, thread: Thread): Promise<Post[]> {
  const posts = new Map<string, Post>();
  for (let after = 0; ;) {
    const { messages } = await read<{ messages: Post[] }>(world, `/playground/v1/threads/${thread.id}/messages?after=${after}`);
    for (const post of messages) { posts.set(post.id, post); after = Math.max(after, post.seq); }
    if (messages.length === 0) return [...posts.values()].filter(({ deleted }) => !deleted).toSorted((a, b) => a.position - b.position);
  }
}
const textsOf = async (world: World, thread: Thread): Promise<string[]> => (await postsOf(world, thread)).flatMap(({ text }) => text.split("\n"));

/** Everything as it stands; what can't be read now (the process is on its way down) is read again. */
async function look(world: World, customers: readonly Customer[], notices: ReadonlyMap<string, { agent: string; text: string }>, receiver: Receiver): Promise<Watched[]> {
  for (;;) {
    try {
      const threads = await Promise.all((await threadsOf(world)).map(async (thread) => ({ ...thread, texts: await textsOf(world, thread) })));
      const found: Watched[] = [];
      for (const { name, inbox, token } of customers) {
        const thread = threads.find(({ texts }) => texts.some((text) => text.startsWith(`${name}m1 `)));
        if (thread === undefined || token === null) continue;
        const { messages } = await read<{ messages: { kind: string; body: string }[] }>(world, "/widget/v1/messages?after=0&limit=200", token);
        const number = thread.conversationNumber;
        const names = new RegExp(`#${number}\\b`);
        found.push({
          name, inbox, thread: thread.texts, got: messages.filter(({ kind }) => kind === "outgoing").map(({ body }) => body), notices: [...notices.values()].filter(({ text }) => names.test(text)),
          alerts: threads.filter(({ id, title }) => id !== thread.id && names.test(title)).length, told: receiver.told.get(number) ?? [],
        });
      }
      return found;
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      await sleep(500);
    }
  }
}

export function printAutomation(result: AutomationResult, print: (line: string) => void): void {
  const row = (head: string, cells: (string | number)[]) => print(`  ${head.padEnd(38)}${cells.map((cell) => String(cell).padStart(10)).join("")}`);
  print("");
  row("", ["owed", "done", "dropped", "doubled"]);
  for (const { what, expected, done, dropped, doubled } of result.rows) row(what, [expected, done, dropped, doubled]);
  row("agents with too much (must be 0)", [result.overfilled]);
  row("events out of order (must be 0)", [result.outOfOrder]);
  row("events told again under the same id", [result.again.events]);
  row("notices said again", [result.again.notices]);
  row("seconds until rest", [result.rested ? result.restSeconds : "never"]);
  row("kills, seconds down", [result.kills, Math.round(result.downSeconds)]);
  print("");
  for (const crash of result.crashes) print(`  ${crash}`);
  for (const [words, times] of [...result.errors].sort((a, b) => b[1] - a[1]).slice(0, 8)) print(`  logged ${times} times: ${words}`);
  for (const offence of result.offences.slice(0, 30)) print(`  ${offence}`);
}

export const automationFailed = (result: AutomationResult): boolean => harmOf(result) > 0 || !result.rested || result.crashes.length > 0;

/** Every figure by its name. */
export const automationJson = ({ rows, errors, crashes, offences: _offences, ...figures }: AutomationResult): object => ({
  ...figures, ...Object.fromEntries(rows.map(({ what, ...row }) => [what, row])), crashes: crashes.length, errorsLogged: [...errors.values()].reduce((a, b) => a + b, 0),
});
