/** Customers: how they write where we are called, again and again until it is taken; in the widget their page sends under the same clientId. */
import type { Answer } from "./http.ts";
import { Broken, call } from "./http.ts";
import type { Talk } from "./journal.ts";
import type { Dice } from "./options.ts";
import { anyServer, ask, pause, WIDGET_KEY, type World } from "./world.ts";

const WORDS = ["the parcel", "my invoice", "a blue chair", "since Monday", "no answer", "the second lamp", "order papers", "still waiting", "thank you", "Straße 7"] as const;
/** Milliseconds between two lines of one customer. */
export const GAP = { low: 800, high: 6_000 };
export const REPEATS = 0.08;

export const words = (dice: Dice): string => `${dice.pick(WORDS)}, ${dice.pick(WORDS)}`;

/** Hands a line over until it is taken (2xx), and sometimes once more: `say` makes the same call for the same text. */
export async function sayUntilTaken(world: World, talk: Talk, say: (text: string, dice: Dice) => Promise<Answer | null>): Promise<void> {
  const dice = world.dice.of(talk.name);
  const taken = async (text: string): Promise<boolean> => {
    const answer = await say(text, dice);
    if (answer !== null && answer.status >= 300) throw new Error(`"${text}" was refused: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer !== null;
  };
  while (world.loading) {
    await pause(world, dice, GAP.low, GAP.high);
    if (!world.loading) break;
    const line = { text: `${talk.name}m${talk.said.length + 1} ${words(dice)}`, accepted: false };
    talk.said.push(line);
    if (!(await taken(line.text))) break;
    line.accepted = true;
    world.journal.note(talk.name, `customer's "${line.text}" was taken`);
    if (dice.chance(REPEATS)) await taken(line.text);
  }
}

export async function widgetCustomer(world: World, talk: Talk): Promise<void> {
  const dice = world.dice.of(talk.name);
  const session = await ask(world, dice, { method: "POST", path: "/widget/v1/sessions", json: { inboxKey: WIDGET_KEY } });
  if (session === null) return;
  if (session.status !== 201) throw new Error(`No widget session: ${session.status} ${JSON.stringify(session.body)}`);
  const { token } = session.body as { token: string };
  const reader = readFeed(world, talk, token);
  // It is waited for below; a run that fails before that tells why itself.
  reader.catch(() => undefined);
  while (world.loading) {
    await pause(world, dice, GAP.low, GAP.high);
    if (!world.loading) break;
    const text = `${talk.name}m${talk.said.length + 1} ${words(dice)}`;
    const line = { text, accepted: false };
    talk.said.push(line);
    const first = await sendUntilTaken(world, dice, token, text);
    if (first === null) break;
    line.accepted = true;
    world.journal.note(talk.name, `customer's "${text}" was taken`);
    if (dice.chance(REPEATS)) await repeat(world, dice, token, text, first);
  }
  await reader;
}

const message = (token: string, text: string) => ({ method: "POST", path: "/widget/v1/messages", token, json: { body: text, clientId: text.split(" ")[0]! } });

async function sendUntilTaken(world: World, dice: Dice, token: string, text: string): Promise<string | null> {
  const answer = await ask(world, dice, message(token, text));
  return answer === null ? null : idOf(answer, text);
}

/** The page was not sure and sends again: it must be told the same message. */
async function repeat(world: World, dice: Dice, token: string, text: string, first: string): Promise<void> {
  const answer = await ask(world, dice, message(token, text));
  if (answer !== null && idOf(answer, text) !== first) throw new Error(`A repeat of "${text}" was answered with another message.`);
}

function idOf({ status, body }: Answer, text: string): string {
  if (status !== 200 && status !== 201) throw new Error(`The widget's "${text}" was refused: ${status} ${JSON.stringify(body)}`);
  return (body as { id: string }).id;
}

interface FeedLine { id: string; seq: number; position: number; kind: "incoming" | "outgoing"; body: string }
interface FeedPage { messages: FeedLine[]; last: number; more: boolean }

/** Follows the feed as the page does, then reads it whole and compares. */
async function readFeed(world: World, talk: Talk, token: string): Promise<void> {
  const dice = world.dice.of(`${talk.name} reads`);
  const heard = new Map<string, string>();
  let after = 0;
  const next = async (): Promise<boolean> => {
    const { status, body } = await call(anyServer(world, dice), { path: `/widget/v1/messages?after=${after}`, token });
    if (status !== 200) throw new Broken(true, String(status));
    const page = body as FeedPage;
    for (const line of page.messages) {
      if (line.kind === "outgoing" && !heard.has(line.id)) {
        world.journal.note(talk.name, `customer sees "${line.body}" at ${line.seq}`);
        talk.got.push(line.body);
      }
      heard.set(line.id, line.body);
    }
    after = page.last;
    return page.more;
  };
  while (world.running) {
    await pause(world, dice, 300, 900);
    try { await next(); } catch (error) { if (!(error instanceof Broken)) throw error; }
  }
  while (await next()) { /* to the end */ }
  const whole = await readWhole(world, dice, token);
  talk.got = whole.filter((line) => line.kind === "outgoing").map((line) => line.body);
  talk.feedMissed = whole.filter((line) => heard.get(line.id) !== line.body).length;
}

/** From the newest back to the first, in the order on screen. */
async function readWhole(world: World, dice: Dice, token: string): Promise<FeedLine[]> {
  let before = Number.MAX_SAFE_INTEGER;
  const lines: FeedLine[] = [];
  for (;;) {
    const { body } = await call(anyServer(world, dice), { path: `/widget/v1/messages?before=${before}&limit=200`, token });
    const page = body as FeedPage;
    lines.unshift(...page.messages);
    if (!page.more || page.messages.length === 0) return lines;
    before = page.messages[0]!.position;
  }
}
