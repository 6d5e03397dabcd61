/** contact, history: the person behind the conversation, and what they wrote about before. */
import { attributeText } from "../model/attributes.ts";
import { abilitiesInWords } from "../services/abilities.ts";
import { attributeDefinitions } from "../services/attributes.ts";
import { hiddenOf } from "../services/hide-contact.ts";
import { UserError } from "../errors.ts";
import { changeContact, COUNTED, otherConversations, profileFor, type ContactChange } from "../services/contact.ts";
import { allInboxes } from "../services/inbox-settings.ts";
import { linkToThread } from "../services/thread-link.ts";
import type { Agent, Conversation } from "../model/types.ts";
import type { Core } from "../core.ts";
import { anyText, nothing } from "./args.ts";
import { lastLineOf, lineAbout, timeAgo } from "./describe.ts";
import { buttonId, verb } from "./verb.ts";

const HIDDEN = "hidden until somebody takes this conversation";
const SHOWN = 5;
const EARLIER = 10;
const FIELDS = ["name", "email", "phone"] as const;
const CALLED = { name: "Name", email: "E-mail", phone: "Phone" } as const;

/** Nothing, `edit`, or lines of a field and its value; `none` takes it away. */
const ARGS = anyText.transform(({ text }, context): { edit: boolean; change: ContactChange } => {
  const change: ContactChange = {};
  if (text === "" || text.toLowerCase() === "edit") return { edit: text !== "", change };
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const [, field, value] = /^\s*(name|email|phone)\s+(\S.*)$/i.exec(line) ?? [];
    if (field === undefined || value === undefined) {
      context.addIssue({ code: "custom", message: `"${line.trim().slice(0, 40)}" can't be read: name, email or phone comes first, then its value.` });
      return { edit: false, change };
    }
    const name = field.toLowerCase() as (typeof FIELDS)[number];
    Object.assign(change, { [name]: name !== "name" && /^none$/i.test(value.trim()) ? null : value.trim() });
  }
  return { edit: false, change };
});

export const contact = verb({
  name: "contact", aliases: ["who"], usage: "[edit | name text | email text | phone text]", help: "Shows who the customer is and what they wrote about before; edit changes their name, e-mail or phone, and none takes one away.",
  needs: { conversation: true }, args: ARGS,
  // a desk leaves out what is empty, and a field that is empty was taken away; a name can't be
  fromForm: (values) => FIELDS.map((field) => [field, values[field]?.trim() ?? ""] as const).filter(([field, value]) => field !== "name" || value !== "").map(([field, value]) => `${field} ${value === "" ? "none" : value}`).join("\n"),
  async run({ core, actor, conversation, args, ask }) {
    if (args.edit) {
      if ((await hiddenOf(core, conversation)).length > 0) throw new UserError("NOT_POSSIBLE", "Who this customer is stays hidden until somebody takes the conversation. /take it, then change it.");
      const { contact: known } = await profileFor(core, actor, conversation);
      return ask(`Save what is known of ${conversation.contactName}`, FIELDS.map((field) => {
        const value = known?.[field] ?? "";
        return { name: field, label: CALLED[field], kind: "text" as const, required: field === "name" && value !== "", ...(value === "" ? {} : { value }) };
      }));
    }
    if (Object.keys(args.change).length > 0) {
      const { changed } = await changeContact(core, { contactId: conversation.contactId, conversation, agent: actor, change: args.change });
      return { notice: Object.entries(changed).map(([field, value]) => `${CALLED[field as keyof ContactChange]}: ${value ?? "taken away"}`).join("\n"), logged: true };
    }
    return { notice: await profileText(core, actor, conversation), buttons: [{ id: buttonId("contact", "edit"), label: "Edit" }, { id: "history", label: "History" }] };
  },
});

async function profileText(core: Core, actor: Agent, conversation: Conversation): Promise<string> {
  const [{ contact: known, identities, conversations }, earlier, inboxes] = await Promise.all([profileFor(core, actor, conversation), otherConversations(core, actor, conversation, SHOWN), allInboxes(core)]);
  const now = core.clock.now();
  const [hidden, definitions] = await Promise.all([hiddenOf(core, conversation), known?.attributes === undefined ? [] : attributeDefinitions(core)]);
  const others = conversations - 1;
  const nameOf = (inboxId: string): string => inboxes.find((inbox) => inbox._id === inboxId)?.name ?? "an inbox that is gone";
  return [
    `${conversation.contactName} · ${nameOf(conversation.inboxId)}${known?.anonymous === true ? " · has not said who they are" : ""}`,
    ...(known?.email === undefined ? [] : [`E-mail: ${hidden.includes("email") ? HIDDEN : known.email}`]),
    ...(known?.phone === undefined ? [] : [`Phone: ${hidden.includes("phone") ? HIDDEN : known.phone}`]),
    ...definitions.flatMap(({ key, name }) => { const value = known?.attributes?.[key]; return value === undefined ? [] : [`${name}: ${attributeText(value)}`]; }),
    ...(known?.blocked === undefined ? [] : [`Blocked by ${known.blocked.by}, ${timeAgo(known.blocked.at, now)}: what they write is not taken`]),
    ...(known === null ? [] : [`First seen ${timeAgo(known.createdAt, now)}`]),
    ...identities.filter((one) => identities.length > 1 || one.unreachable !== undefined).map(({ inboxId, unreachable }) =>
      `Writes in ${nameOf(inboxId)}${unreachable === undefined ? "" : `, but can't be reached there; noticed ${timeAgo(unreachable.at, now)}`}`),
    ...abilitiesInWords(core.channels.get(conversation.inboxId)),
    others <= 0 ? "No other conversation." : others === 1 ? "1 other conversation:" : `${conversations > COUNTED ? `More than ${COUNTED.toLocaleString("en")}` : others} other conversations${others > SHOWN ? `; /history shows more of them` : ""}:`,
    ...await Promise.all(earlier.map(async (one) => { const link = await linkToThread(core, one); return `${lineAbout(one, now)}${link === undefined ? "" : ` · ${link}`}`; })),
  ].join("\n");
}

export const history = verb({
  name: "history", aliases: [], usage: "", help: "Lists the customer's other conversations, newest first, each with its last line and where it is.",
  needs: { conversation: true }, args: nothing,
  async run({ core, actor, conversation }) {
    const found = await otherConversations(core, actor, conversation, EARLIER + 1);
    if (found.length === 0) return { notice: `${conversation.contactName} has no other conversation that you may see.` };
    const now = core.clock.now();
    const shown = await Promise.all(found.slice(0, EARLIER).map(async (one) => {
      const link = await linkToThread(core, one);
      const lastLine = lastLineOf(one);
      return [lineAbout(one, now), ...(lastLine === null ? [] : [`   ${lastLine}`]), ...(link === undefined ? [] : [`   ${link}`])].join("\n");
    }));
    const heading = found.length > EARLIER ? `The newest ${EARLIER} of ${conversation.contactName}'s other conversations:` : `${conversation.contactName}'s other conversation${found.length === 1 ? "" : "s"}:`;
    return { notice: [heading, ...shown].join("\n") };
  },
});
