/** What mail can do: RFCs, and the limits that mailbox providers keep. */
import type { Capabilities } from "../../core/model/capabilities.ts";
import { FORMATS } from "../shared/pieces.ts";
import { MAX_FILE, MAX_TEXT } from "./plan.ts";

const rfc = (number: number, section = ""): string => `rfc-editor.org/rfc/rfc${number}${section === "" ? "" : `#section-${section}`}`;

/** `mostRecipients`: the inbox's `maxRecipients`. */
export const capabilitiesOf = (mostRecipients: number) => ({
  text: { is: MAX_TEXT, source: "spamresource.com/2022/01/what-is-gmail-clipping-and-what-to-do.html", but: "longer mails are shown clipped" },
  files: { is: MAX_FILE, source: "support.google.com/mail/answer/6584", but: "in one mail together" },
  formatting: { is: FORMATS, source: rfc(2046, "5.1.4") },
  edit: { is: false, source: rfc(5321, "6.1") },
  delete: { is: false, source: rfc(5321, "6.1") },
  react: { is: false, source: rfc(9078), but: "which few programs show" },
  quotes: { is: false, source: rfc(5322, "3.6.4"), but: "each mail names the one that it answers" },
  choices: { is: null, source: rfc(5322), but: "a survey goes as a link" },
  recipients: { is: mostRecipients, source: rfc(5321, "4.5.3.1.8"), but: "`maxRecipients` of the inbox" },
  typing: { is: false, source: rfc(5321) },
  markRead: { is: false, source: rfc(8098), but: "we send no disposition notifications" },
  receipts: { is: "none", source: rfc(3464), but: "a bounce turns *sent* to *failed*" },
  blocked: { is: true, source: rfc(3463, "3.8"), but: "where the server says so" },
  window: { is: null, source: rfc(5321) },
  templates: { is: false, source: rfc(5321) },
}) as const satisfies Capabilities;
