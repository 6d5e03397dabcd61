/** What kind of mail it is: a person's, a machine's answer, a list's, a bounce. Pure. Sources: RFC 3834, RFC 2919, RFC 2369, RFC 3464. */

/** First value of a header, lower-case name; undefined when absent. */
export type HeaderOf = (name: string) => string | undefined;

export type MailKind = "person" | "reply" | "list" | "bounce";

/** The header that every mail of ours carries, so that our own is known when it comes back. */
export const LOOP_HEADER = "x-threadline";

const MACHINE = /^(mailer-daemon|postmaster)@/i;
const NO_REPLY = /^(no[-_.]?reply|do[-_.]?not[-_.]?reply|bounces?|notifications?)([-+_.].*)?@/i;
const ABSENCE = /^\s*(auto(matic)?[- ]?(reply|response)|out of (the )?office|automatische (antwort|abwesenheit)|abwesenheitsnotiz|réponse automatique|respuesta automática|resposta automática|risposta automatica|automatisch antwoord|autosvar|automaattinen vastaus|odpowiedź automatyczna|автоответ|自动回复|自動返信|자동 회신)/i;

export interface Facts {
  header: HeaderOf;
  /** Of the mail itself, lower case, with its parameters. */
  contentType: string;
  author: string;
  subject: string;
  /** The null return path `<>` of machines' mail; null when the path is not known. */
  returnPath: string | null;
  /** It asks for answers to another address, as a website's form does for its visitor. */
  answersElsewhere: boolean;
}

const isReport = (contentType: string): boolean => /^multipart\/report\b/.test(contentType) && /report-type="?delivery-status/.test(contentType);

export function classify({ header, contentType, author, subject, returnPath, answersElsewhere }: Facts): MailKind {
  if (isReport(contentType)) return "bounce";
  if (MACHINE.test(author) && (returnPath === null || returnPath === "")) return "bounce";
  const submitted = header("auto-submitted")?.trim().toLowerCase();
  const listed = ["list-id", "list-unsubscribe", "list-post"].some((name) => header(name) !== undefined);
  if (submitted !== undefined && !submitted.startsWith("no")) return listed && submitted.startsWith("auto-generated") ? "list" : "reply";
  if (["x-autoreply", "x-autorespond", "x-autoresponder", "x-mail-autoreply"].some((name) => header(name) !== undefined)) return "reply";
  if (/^auto[_-]?reply$/i.test(header("precedence")?.trim() ?? "") || returnPath === "" || ABSENCE.test(subject)) return "reply";
  if (listed || /^(bulk|junk|list)$/i.test(header("precedence")?.trim() ?? "") || (NO_REPLY.test(author) && !answersElsewhere)) return "list";
  return "person";
}
