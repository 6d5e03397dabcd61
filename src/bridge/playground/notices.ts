/** What is said to one person alone, and forms that wait for their answers. */
import { randomUUID } from "node:crypto";
import { UserError } from "../../core/errors.ts";
import type { ActResult, Clock, DeskAct, DeskHost, Form, Notice } from "../../core/ports.ts";
import { makeThreadId } from "./ids.ts";
import type { Live } from "./live.ts";
import type { Person } from "./people.ts";
import type { PlaygroundForm, PlaygroundNotice, PlaygroundStore } from "./store.ts";

/** Notices that one person is shown. */
const SHOWN = 50;

export interface ActAnswer { ok: boolean; notice?: string; form?: { id: string; title: string; fields: Form["fields"] } }
export interface Act { threadId: string | null; verb: string; args: string; seen?: number; messageId?: string; values?: Record<string, string> }

/** `mentionCount` says how many teammates a text mentions. */
export function createNotices({ store, clock, live, mentionCount }: { store: PlaygroundStore; clock: Clock; live: Live; mentionCount: (text: string) => Promise<number> }) {
  let lastAt = 0;
  async function tell(userId: string, threadId: string | null, notice: Notice): Promise<void> {
    // two within a millisecond keep their order
    lastAt = Math.max(clock.now().getTime(), lastAt + 1);
    const saved: PlaygroundNotice = {
      _id: randomUUID(), userId, threadId, text: notice.text, buttons: notice.buttons, at: new Date(lastAt), ...(notice.messageId === undefined ? {} : { messageId: notice.messageId }),
    };
    await store.notices.insertOne(saved);
    live.publish({ type: "changed", what: "notices" });
  }

  /** Hands a person's act to the bridge. What it says to them is the answer, and stays as a notice too. @throws {UserError} */
  async function act(host: DeskHost, person: Person, wanted: Act): Promise<ActAnswer> {
    const { threadId, verb, args, ...rest } = wanted;
    const mentions = await mentionCount([args, ...Object.values(wanted.values ?? {})].join("\n"));
    const deskAct: DeskAct = { desk: "playground", userId: person.userId, thread: threadId === null ? null : makeThreadId(threadId), verb, args, ...rest, ...(mentions === 0 ? {} : { mentions }) };
    const result: ActResult = await host.act(deskAct);
    // what a form shows already is not said beside it
    if (result.notice !== undefined && result.form === undefined) {
      await tell(person.userId, threadId, { text: result.notice, buttons: result.buttons ?? [], ...(result.messageId === undefined ? {} : { messageId: result.messageId }) });
    }
    return {
      ok: result.ok,
      ...(result.notice === undefined ? {} : { notice: result.notice }),
      ...(result.form === undefined ? {} : { form: { id: await keepForm(person, { ...wanted, verb: result.form.id, args: "" }), title: result.form.title, fields: result.form.fields } }),
    };
  }

  async function keepForm(person: Person, { threadId, verb, args, seen, messageId }: Act): Promise<string> {
    const form: PlaygroundForm = {
      _id: randomUUID(), userId: person.userId, threadId, verb, args, at: clock.now(), ...(seen === undefined ? {} : { seen }), ...(messageId === undefined ? {} : { messageId }),
    };
    await store.forms.insertOne(form);
    return form._id;
  }

  return {
    tell, act,

    list: (person: Person): Promise<PlaygroundNotice[]> =>
      store.notices.find({ userId: person.userId, doneAt: { $exists: false } }).sort({ at: -1 }).limit(SHOWN).toArray().then((found) => found.reverse()),

    /** Presses a notice's button; once the act is done the notice is gone. @throws {UserError} NOTICE_UNKNOWN, NOT_POSSIBLE */
    async press(host: DeskHost, person: Person, id: string, button: string, seen: number | undefined): Promise<ActAnswer> {
      const notice = await store.notices.findOne({ _id: id, userId: person.userId, doneAt: { $exists: false } });
      if (notice === null) throw new UserError("NOTICE_UNKNOWN", "This notice is gone; it was answered already, or it was never yours.");
      if (!notice.buttons.some((one) => one.id === button)) throw new UserError("NOT_POSSIBLE", "This notice has no such button. GET /playground/v1/notices lists what it offers.");
      const answer = await act(host, person, {
        threadId: notice.threadId, verb: button, args: "", ...(seen === undefined ? {} : { seen }), ...(notice.messageId === undefined ? {} : { messageId: notice.messageId }),
      });
      if (answer.ok && answer.form === undefined) await store.notices.updateOne({ _id: id }, { $set: { doneAt: clock.now() } });
      live.publish({ type: "changed", what: "notices" });
      return answer;
    },

    /** Puts a notice away without an answer. */
    async dismiss(person: Person, id: string): Promise<void> {
      await store.notices.updateOne({ _id: id, userId: person.userId }, { $set: { doneAt: clock.now() } });
    },

    /** @throws {UserError} FORM_UNKNOWN */
    async submit(host: DeskHost, person: Person, id: string, values: Record<string, string>): Promise<ActAnswer> {
      const form = await store.forms.findOne({ _id: id, userId: person.userId });
      if (form === null) throw new UserError("FORM_UNKNOWN", "This form is no longer open. Start the command again.");
      const { threadId, verb, args, seen, messageId } = form;
      const answer = await act(host, person, { threadId, verb, args, values, ...(seen === undefined ? {} : { seen }), ...(messageId === undefined ? {} : { messageId }) });
      if (answer.ok) await store.forms.deleteOne({ _id: id });
      return answer;
    },
  };
}
