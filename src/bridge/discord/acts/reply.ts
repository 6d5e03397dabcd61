/** Tells a person what came of what they did: within three seconds, where they look. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Core } from "../../../core/core.ts";
import type { DeskThreadId } from "../../../core/model/types.ts";
import type { ActResult } from "../../../core/ports.ts";
import type { Answers } from "./answers.ts";
import { buttonRows, type About } from "./buttons.ts";
import { firstChoiceRows, modalOf, openButton, selectRows } from "./forms.ts";
import type { Notices } from "./notices.ts";
import { sayingBody, type MessageBody } from "./words.ts";

/** What came of an act. `verb`: opens its form again where a modal can't be shown now. */
export interface Told { result: ActResult; about: About; verb: string; /** A window to write in, instead of words. */ window?: object }

/**
 * Where somebody stands. "command": nothing of ours is there yet. "aside": a message that they alone see. "shared": one that all see, which
 * stays as it is. `modal` says whether a window may open: never out of a window.
 */
export interface Place { kind: "command" | "aside" | "shared"; modal: boolean; userId: string; thread: DeskThreadId | null }

export interface Replying { core: Core; notices: Notices; /** Milliseconds that the work may take before it is only acknowledged. */ ackMs: number }

const LATE = Symbol("late");
const DONE = "Done.";

/** Resolves once the interaction is acknowledged; `rest` when all is told. Neither rejects. */
export async function replyWith({ core, notices, ackMs }: Replying, answers: Answers, place: Place, work: Promise<Told>): Promise<{ rest: Promise<void> }> {
  const inTime = await within(ackMs, work);
  if (inTime !== LATE) {
    await tell(inTime, false);
    return { rest: Promise.resolve() };
  }
  const acknowledged = await attempt(() => (place.kind === "command" ? answers.deferReply() : answers.deferUpdate()), "acknowledged");
  return { rest: work.then((told) => tell(told, true, acknowledged)) };

  async function tell(told: Told, deferred: boolean, open = true): Promise<void> {
    if (!deferred && place.modal) {
      const { form } = told.result;
      const window = told.window ?? (form === undefined || selectRows(form, told.about) !== null ? null : modalOf(form, told.about));
      if (window !== null && (await attempt(() => answers.modal(window), "shown a window"))) return;
    }
    const body = bodyOf(told);
    if (open && (await attempt(() => (deferred ? after(body) : first(body)), "answered"))) return;
    // Too late for Discord, not for them: what went wrong, or what is asked of them, is said in another way.
    const { notice, buttons = [], messageId } = told.result;
    if (notice !== undefined) await attempt(() => notices.notify(place.userId, place.thread, { text: notice, buttons, ...(messageId === undefined ? {} : { messageId }) }), "told");
  }
  async function first(body: MessageBody | null): Promise<void> {
    if (place.kind === "command") return answers.reply(body ?? sayingBody(DONE));
    if (place.kind === "shared") return body === null ? answers.deferUpdate() : answers.reply(body);
    if (body !== null) return answers.update(body);
    await answers.deferUpdate();
    await answers.remove();
  }
  async function after(body: MessageBody | null): Promise<void> {
    if (place.kind === "command") return answers.edit(body ?? sayingBody(DONE));
    if (body === null) return place.kind === "aside" ? answers.remove() : undefined;
    return place.kind === "aside" ? answers.edit(body) : answers.follow(body);
  }
  async function attempt(call: () => Promise<void>, what: string): Promise<boolean> {
    try {
      await call();
      return true;
    } catch (error) {
      core.log.warn({ err: error }, `What a person did in Discord could not be ${what}.`);
      return false;
    }
  }
}

function bodyOf({ result, about: at, verb, window }: Told): MessageBody | null {
  const about = { ...at, ...(result.messageId === undefined ? {} : { messageId: result.messageId }) };
  const open = openButton(verb, about);
  const opening = open === null ? [] : [{ type: 1, components: [open] }];
  if (window !== undefined) return sayingBody("This took too long to open a window at once.", opening);
  if (result.form !== undefined) {
    const rows = selectRows(result.form, about) ?? [...firstChoiceRows(result.form, about), ...opening];
    return sayingBody(result.notice ?? `${result.form.title}:`, rows);
  }
  return result.notice === undefined ? null : sayingBody(result.notice, buttonRows(result.buttons ?? [], about));
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | typeof LATE> {
  const ended = new AbortController();
  const late = sleep<typeof LATE>(ms, LATE, { signal: ended.signal }).catch((): typeof LATE => LATE);
  try { return await Promise.race([work, late]); } finally { ended.abort(); }
}
