/** Form ids say which verb on which conversation (and message) a form is about, signed, so nothing needs to be kept. */
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";

export interface FormSubject { verb: string; conversationId: string | null; messageId: string | null }

const PREFIX = "form";
const NONE = "-";

/** `form.<verb>.<conversation>.<message>.<signature>` */
export function makeFormId(core: Core, { verb, conversationId, messageId }: FormSubject): string {
  const subject = [PREFIX, verb, conversationId ?? NONE, messageId ?? NONE].join(".");
  return `${subject}.${core.secrets.sign("form", subject)}`;
}

export const isFormId = (text: string): boolean => text.startsWith(`${PREFIX}.`);

/** @throws {UserError} FORM_UNKNOWN when we did not make it */
export function readFormId(core: Core, id: string): FormSubject {
  const at = id.lastIndexOf(".");
  const [prefix, verb, conversationId, messageId, ...more] = id.slice(0, Math.max(at, 0)).split(".");
  const ours = core.secrets.verify("form", id.slice(0, Math.max(at, 0)), id.slice(at + 1));
  if (prefix !== PREFIX || verb === undefined || conversationId === undefined || messageId === undefined || more.length > 0 || !ours) {
    throw new UserError("FORM_UNKNOWN", "This form is not one of ours, or is from before a change of keys. Open it again.");
  }
  return { verb, conversationId: conversationId === NONE ? null : conversationId, messageId: messageId === NONE ? null : messageId };
}
