/**
 * Core's forms as Slack's modals, and back.
 * Source of limits: docs.slack.dev/reference/views/modal-views, docs.slack.dev/reference/block-kit/block-elements (title 24, options 100 a group, option text 75, value 150, input 3000)
 */
import { z } from "zod";
import type { ActResult, CardButton, Form, FormField } from "../../../core/ports.ts";
import type { About } from "./buttons.ts";
import type { AckBody } from "../in/handlers.ts";
import type { SlackView } from "./payload.ts";
import { cut } from "../../shared/text.ts";
import { saying } from "./words.ts";

const [TITLE, OPTIONS, OPTION_TEXT, OPTION_VALUE, INPUT] = [24, 100, 75, 150, 3_000];
const INPUT_ID = "input";
export const CALLBACK = "threadline";

/** What a modal is about; kept in its `private_metadata` (3000 characters). */
const Meta = z.object({
  /** The form's id; absent in a modal that only says something. */
  f: z.string().optional(),
  t: z.string().optional(), m: z.string().optional(), n: z.number().int().optional(),
  /** Highest seq that its author could see when it was opened. */
  s: z.number().int().optional(),
});
export interface ViewMeta extends About { form?: string | undefined }

const pack = ({ form, thread, messageId, number, seen }: ViewMeta): string => JSON.stringify({ f: form, t: thread, m: messageId, n: number, s: seen });

/** Empty for a view that is not one of ours. */
export function readMeta(view: Pick<SlackView, "private_metadata">): ViewMeta {
  let json: unknown = null;
  try { json = JSON.parse(view.private_metadata); } catch { return {}; }
  const read = Meta.safeParse(json);
  return read.success ? { form: read.data.f, thread: read.data.t, messageId: read.data.m, number: read.data.n, seen: read.data.s } : {};
}

const plain = (text: string, most: number) => ({ type: "plain_text", text: cut(text.trim() || "–", most), emoji: false });
const modal = (title: string, blocks: object[], meta: ViewMeta, submit?: string): object => ({
  type: "modal", callback_id: CALLBACK, title: plain(title, TITLE), close: plain(submit === undefined ? "Close" : "Cancel", TITLE), private_metadata: pack(meta), blocks,
  ...(submit === undefined ? {} : { submit: plain(submit, TITLE) }),
});

/** Shown while the form is made: a trigger is good for three seconds only. */
export const loadingView = (title: string): object => modal(title, saying("One moment…", []), {});

/** Something said in a modal, with what can be done about it. */
export const sayingView = (title: string, text: string, buttons: CardButton[], meta: ViewMeta): object => modal(title, saying(text, buttons, meta), { ...meta, form: undefined });

export const formView = (form: Form, meta: ViewMeta): object => modal(form.title, form.fields.map(inputBlock), { ...meta, form: form.id }, submitWord(form));

/** What the button promises: a choice that is shown before anything is done promises nothing yet. */
function submitWord({ id, title }: Form): string {
  if (title.startsWith("Send ")) return "Send";
  return /^form\.(?:canned|macro)\./.test(id) ? "Next" : "Save";
}

function inputBlock(field: FormField): object {
  const select = field.kind === "select" ? selectElement(field) : null;
  const tooLong = select === null && field.value !== undefined && field.value.length > INPUT;
  const hint = [field.help, tooLong ? `The present text is too long to be edited here (over ${INPUT} characters).` : undefined].filter((text) => text !== undefined).join(" ");
  return {
    type: "input", block_id: field.name, label: plain(field.label, 2_000), optional: !field.required, ...(hint === "" ? {} : { hint: plain(hint, 2_000) }),
    element: select ?? { type: "plain_text_input", action_id: INPUT_ID, multiline: field.kind === "longtext", max_length: INPUT, ...(field.value === undefined || tooLong ? {} : { initial_value: field.value }) },
  };
}

/** Null when Slack can't hold these choices: then the value is written. Many choices are grouped by their first letters. */
function selectElement(field: FormField): object | null {
  const choices = field.options ?? [];
  if (choices.length === 0 || choices.length > OPTIONS * OPTIONS || choices.some(({ value }) => value === "" || value.length > OPTION_VALUE)) return null;
  const options = choices.map(({ value, label }) => ({ text: plain(label, OPTION_TEXT), value }));
  const initial = options.find(({ value }) => value === field.value);
  const groups = Array.from({ length: Math.ceil(options.length / OPTIONS) }, (_, at) => options.slice(at * OPTIONS, (at + 1) * OPTIONS));
  const offered = groups.length === 1 ? { options } : { option_groups: groups.map((group) => ({ label: plain(`${group[0]!.text.text} – ${group.at(-1)!.text.text}`, OPTION_TEXT), options: group })) };
  return { type: "static_select", action_id: INPUT_ID, ...offered, ...(initial === undefined ? {} : { initial_option: initial }) };
}

/** Values by field, as a person left them; what is empty is left out. */
export function readValues(view: Pick<SlackView, "state">): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [field, actions] of Object.entries(view.state?.values ?? {})) {
    const input = actions[INPUT_ID];
    const value = input?.selected_option?.value ?? input?.value;
    if (typeof value === "string" && value !== "") values[field] = value;
  }
  return values;
}

/** How a submission is answered. Undefined closes the modal. Source: docs.slack.dev/surfaces/modals#response_actions */
export function submissionAnswer(result: ActResult, view: SlackView, values: Record<string, string>, title: string): AckBody | undefined {
  const meta = { ...readMeta(view), ...(result.messageId === undefined ? {} : { messageId: result.messageId }) };
  if (result.form !== undefined) return { response_action: "update", view: formView(result.form, meta) };
  if (result.notice === undefined) return undefined;
  const fields = Object.keys(view.state?.values ?? {});
  // The last field that was filled in wins over those before it, so what is wrong is there.
  const wrong = fields.findLast((field) => values[field] !== undefined) ?? fields[0];
  if (!result.ok && (result.buttons ?? []).length === 0 && wrong !== undefined) return { response_action: "errors", errors: { [wrong]: cut(result.notice, 2_000) } };
  return { response_action: "update", view: sayingView(title, result.notice, result.buttons ?? [], meta) };
}
