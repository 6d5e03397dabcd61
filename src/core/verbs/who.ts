/** who: the person behind the conversation. */
import { inboxOf } from "../services/inbox-settings.ts";
import { nothing } from "./args.ts";
import { timeAgo } from "./describe.ts";
import { verb } from "./verb.ts";

const EARLIER = 5;

export const who = verb({
  name: "who", aliases: [], usage: "", help: "Shows who the customer is and what they wrote about before.",
  needs: { conversation: true }, args: nothing,
  async run({ core, actor, conversation }) {
    const [contact, inbox, identity, others] = await Promise.all([
      core.store.contacts.findOne({ _id: conversation.contactId }),
      inboxOf(core, conversation.inboxId),
      core.store.identities.findOne({ _id: conversation.identityId }),
      core.store.conversations.find({ contactId: conversation.contactId }).sort({ createdAt: -1 }).limit(50).toArray(),
    ]);
    const now = core.clock.now();
    const earlier = others.filter((one) => one._id !== conversation._id && (actor.inboxIds === "all" || actor.inboxIds.includes(one.inboxId)));
    return {
      notice: [
        `${conversation.contactName} · ${inbox.name}${contact?.anonymous === true ? " · has not said who they are" : ""}`,
        ...(contact?.email === undefined ? [] : [`E-mail: ${contact.email}`]),
        ...(contact?.phone === undefined ? [] : [`Phone: ${contact.phone}`]),
        ...(contact === null ? [] : [`First seen ${timeAgo(contact.createdAt, now)}`]),
        ...(identity?.unreachable === undefined ? [] : [`Can't be reached at this address; noticed ${timeAgo(identity.unreachable.at, now)}`]),
        earlier.length === 0 ? "No other conversation." : `${earlier.length === 1 ? "1 other conversation" : `${earlier.length} other conversations`}:`,
        ...earlier.slice(0, EARLIER).map((one) => `#${one.number} · ${one.status} · ${timeAgo(one.lastMessageAt, now)}${one.subject === "" ? "" : ` · ${one.subject}`}`),
      ].join("\n"),
    };
  },
});
