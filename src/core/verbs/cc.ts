/** cc: who gets the replies beside the customer, on channels where a message goes to several people. */
import { leftOutWords } from "../model/recipients.ts";
import type { RecipientRole } from "../model/types.ts";
import { changeRecipients, recipientsNow, type RecipientChange } from "../services/recipients.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { anyText } from "./args.ts";
import { buttonId, verb } from "./verb.ts";

const ROLES: readonly { value: RecipientRole; label: string }[] = [{ value: "cc", label: "In copy (CC)" }, { value: "bcc", label: "In blind copy (BCC)" }, { value: "to", label: "Beside the customer (To)" }];
/** Addresses in one change. */
const AT_ONCE = 20;

/** Nothing, `edit`, or lines of `add` or `remove` with addresses; addresses alone are added in copy. */
const ARGS = anyText.transform(({ text }, context): { edit: boolean; changes: RecipientChange[] } => {
  if (text === "" || text.toLowerCase() === "edit") return { edit: text !== "", changes: [] };
  const changes = text.split("\n").flatMap((line): RecipientChange[] => {
    const [, word = "add", rest = "", role = "cc"] = /^\s*(?:(add|remove)\s+)?(.*?)(?:\s+as\s+(to|cc|bcc))?\s*$/i.exec(line) ?? [];
    const as = word.toLowerCase() === "remove" ? null : (role.toLowerCase() as RecipientRole);
    return rest.split(/[\s,;]+/).map((one) => one.replace(/^<?(?:mailto:)?([^<>|]*)(?:\|[^>]*)?>?$/, "$1")).filter((address) => address !== "").map((address) => ({ address, as }));
  });
  if (changes.length === 0 || changes.length > AT_ONCE) context.addIssue({ code: "custom", message: changes.length === 0 ? "There is no address." : `These are more than ${AT_ONCE} addresses at once.` });
  return { edit: false, changes };
});

export const cc = verb({
  name: "cc", aliases: ["recipients"], usage: "[edit | add addresses | remove addresses]", help: "Shows who gets the next reply by mail; add and remove change it, with as bcc or as to behind the addresses, and edit asks.",
  needs: { conversation: true }, args: ARGS,
  fromForm: (values) => [
    ...((values.add ?? "").trim() === "" ? [] : [`add ${values.add!.replace(/\s+/g, " ")} as ${values.as ?? "cc"}`]),
    ...((values.remove ?? "").trim() === "" ? [] : [`remove ${values.remove!.replace(/\s+/g, " ")}`]),
  ].join("\n"),
  async run({ core, actor, conversation, args, ask }) {
    if (args.changes.length > 0) {
      const after = await changeRecipients(core, { conversation, actor: agentAuthor(actor), changes: args.changes });
      return { notice: words(await recipientsNow(core, after)), logged: true };
    }
    const now = await recipientsNow(core, conversation);
    if (!args.edit) return { notice: words(now), buttons: [{ id: buttonId("cc", "edit"), label: "Change" }] };
    const others = [...(now.to === null ? [] : [now.to]), ...now.alsoTo, ...now.cc, ...now.bcc].slice(0, 25);
    return ask(`Recipients of #${conversation.number}`, [
      { name: "add", label: "Add these addresses", kind: "text", required: false },
      { name: "as", label: "How", kind: "select", required: true, value: "cc", options: [...ROLES] },
      ...(others.length === 0 ? [] : [{ name: "remove", label: "Take off", kind: "select" as const, required: false, options: others.map((address) => ({ value: address, label: address.slice(0, 75) })) }]),
    ]);
  },
});

function words(now: Awaited<ReturnType<typeof recipientsNow>>): string {
  const { to, alsoTo, cc, bcc, left, customer, most } = now;
  return [
    "The next reply goes",
    `To: ${[to ?? customer, ...alsoTo].join(", ")}${to === null ? "" : ` (the customer, ${customer}, asks for answers there)`}`,
    ...(cc.length === 0 ? [] : [`Cc: ${cc.join(", ")}`]), ...(bcc.length === 0 ? [] : [`Bcc: ${bcc.join(", ")}`]),
    ...(left.length === 0 ? [] : [`${leftOutWords(now, most)}: ${left.slice(0, 10).join(", ")}${left.length > 10 ? " …" : ""}. To write to one of them, take another off.`]),
  ].join("\n");
}
