/** An act that a person asks for in Slack: what, about what, and where they stand. */
import type { About } from "./buttons.ts";
import type { OpenView } from "./dialogs.ts";

/** Where somebody stands, and so where they read what came of it. */
export type Place = { kind: "thread" } | { kind: "notice"; url: string | undefined } | { kind: "modal"; view: OpenView; title: string } | { kind: "home" };
export interface Asked { userId: string; place: Place; about: About; verb: string; args: string; /** Good once, for three seconds. */ trigger?: string | undefined; mentions?: number | undefined }

const ASKING = new Set(["assign", "snooze", "label", "unlabel", "priority", "correct", "edit", "quote", "choices", "canned", "macro", "transfer", "later", "tag", "c", "m"]);

/** Whether a verb asks by a form when nothing follows it: then its modal stands before the answer does. */
export const asks = (verb: string, args: string): boolean => args === "" && ASKING.has(verb);
export const titleOf = (verb: string): string => (verb === "" ? "Threadline" : verb.charAt(0).toUpperCase() + verb.slice(1));
