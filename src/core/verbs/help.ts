/** help and more: both read the table that they stand in. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { FIELDS, FIELD_NAMES } from "../filters/fields.ts";
import { didYouMean } from "../model/close-names.ts";
import type { Conversation } from "../model/types.ts";
import { hasTemplates, isThreading } from "../ports.ts";
import { anyText, nothing } from "./args.ts";
import { usageLine, verb, type Verb, type VerbContext } from "./verb.ts";

const also = (of: Verb): string => (of.aliases.length === 0 ? "" : ` (also ${of.aliases.map((alias) => `/${alias}`).join(", ")})`);
const only = (of: Verb): string => (of.needs.role === undefined ? "" : " Administrators only.");

/** @param table asked when it runs: this verb stands in it. */
export const makeHelp = (table: () => readonly Verb[]): Verb => verb({
  name: "help", aliases: [], usage: "[verb]", help: "Lists what you can do here, or explains one verb.",
  needs: { conversation: false }, args: anyText,
  async run({ actor, args }) {
    const word = args.text.replace(/^[!/]/, "").toLowerCase();
    const allowed = table().filter((one) => one.needs.role === undefined || one.needs.role === actor.role);
    if (word === "") return { notice: [...allowed.map((one) => `${usageLine(one)}: ${one.help}`), "In a thread, write ! instead of / where your desk has no commands in threads. help find explains filters."].join("\n") };
    const one = table().find((known) => known.name === word || known.aliases.includes(word));
    if (one === undefined) throw new UserError("VERB_UNKNOWN", `There is no verb "${word}".${didYouMean(word, table().map((known) => known.name))} /help lists them all.`);
    const fields = one.name === "find" ? FIELD_NAMES.map((name) => `${FIELDS[name].example}: ${FIELDS[name].help}`) : [];
    return { notice: [`${usageLine(one)}${also(one)}`, one.help + only(one), ...fields].join("\n") };
  },
});

/** Verbs that the card's More button leads to: what needs no text and has no button on the card. */
const MORE = ["reopen", "pending", "unassign", "label", "unlabel", "priority", "sla", "mode", "transfer", "cc", "canned", "choices", "template", "macro", "contact", "history", "attribute", "merge", "block", "unblock", "original"];

const unsuited: Record<string, (conversation: Conversation, core: Core) => boolean> = {
  template: ({ inboxId }, core) => { const adapter = core.channels.get(inboxId); return adapter === undefined || !hasTemplates(adapter); },
  cc: ({ inboxId }, core) => { const adapter = core.channels.get(inboxId); return adapter === undefined || !isThreading(adapter); },
  reopen: (it) => it.status === "open",
  pending: (it) => it.status === "pending" || it.status === "resolved",
  unassign: (it) => it.assigneeId === null,
  block: (it) => it.contactBlocked === true,
  unblock: (it) => it.contactBlocked !== true,
  original: (it) => it.folded !== true,
  unlabel: (it) => it.labels.length === 0,
};

export const makeMore = (table: () => readonly Verb[]): Verb => verb({
  name: "more", aliases: [], usage: "", help: "Shows what else can be done with this conversation.",
  needs: { conversation: true }, args: nothing,
  async run({ core, conversation }: VerbContext<object, Conversation>) {
    const fitting = table().filter((one) => MORE.includes(one.name) && unsuited[one.name]?.(conversation, core) !== true);
    return {
      notice: `More for #${conversation.number}:`,
      buttons: fitting.map((one) => ({ id: one.name, label: one.name.charAt(0).toUpperCase() + one.name.slice(1) })),
    };
  },
});

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** `docs/commands.md`, whole. A test compares it. */
export function commandsPage(table: readonly Verb[]): string {
  return [
    "# Commands",
    "",
    "Made from the verb table (`src/core/verbs/`); `UPDATE_DOCS=1 npx vitest run tests/unit/commands-doc.test.ts` writes it anew.",
    "",
    "Every verb works alike everywhere: `/verb` as a command of the desk, `!verb` as a line in a thread, and the card's buttons.",
    "Outside a thread a verb about one conversation takes its number first: `/resolve #1042`. What is in `[ ]` may be left out.",
    "`!verb` counts only at the very beginning of a line, with an ASCII `!`; anything that merely looks like it stays a note.",
    "",
    "| verb | also | what it does | who |",
    "|---|---|---|---|",
    ...table.map((one) => `| \`${cell(usageLine(one))}\` | ${one.aliases.map((alias) => `\`/${alias}\``).join(" ")} | ${cell(one.help)} | ${one.needs.role === undefined ? "agents" : "administrators"} |`),
    "",
    "## Filters",
    "",
    "`find` reads words and fields: `status:open label:billing waiting>2h assignee:none inbox:\"Support Email\" \"refund\"`.",
    "Several conditions must all hold; `OR`, `NOT` (or `-` before one) and `( )` say otherwise. A comma gives a choice: `status:open,pending`.",
    "",
    "| field | example | what it asks |",
    "|---|---|---|",
    ...FIELD_NAMES.map((name) => `| ${name} | \`${cell(FIELDS[name].example)}\` | ${cell(FIELDS[name].help)} |`),
    "",
    "`unassigned`, `is:mine` and `is:waiting` are short for `assignee:none`, `assignee:me` and `waiting:any`.",
    "",
  ].join("\n");
}
