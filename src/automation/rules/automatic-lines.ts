/** What an inbox says by itself: a greeting once in a conversation, and out of hours a word once in each closed time. */
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import type { Author, Conversation, Message } from "../../core/model/types.ts";
import { renderCanned } from "../../core/services/canned.ts";
import { hoursOf } from "../../core/services/hours.ts";
import { inboxOf } from "../../core/services/inbox-settings.ts";
import { modeOf } from "../../core/services/mode.ts";
import { sendAutomatic } from "../../core/services/send-automatic.ts";

/** An agent who answered so lately is there, whatever the hours say. */
const LATELY_MS = 5 * 60_000;
/** Lines that are looked at for it. */
const LINES = 50;

/** A repeat says nothing twice: the line's key names the conversation, and the closed time. Never to a machine, to who is blocked, or in a team-only thread. */
export async function sayAutomatic(core: Core, conversation: Conversation, message: Message): Promise<void> {
  const inbox = await inboxOf(core, conversation.inboxId);
  const { greeting, awayMessage } = inbox.settings;
  if (message.kind !== "incoming" || message.quiet !== undefined || ((greeting ?? "") === "" && (awayMessage ?? "") === "")) return;
  if (message.place?.automatic === true || conversation.contactBlocked === true || conversation.unreachable !== undefined || modeOf(conversation, inbox) === "team-only") return;
  const say = async (text: string, key: string) => {
    const author: Author = { type: "bot", name: inbox.name };
    try {
      await sendAutomatic(core, { conversation, author, body: await renderCanned(core, null, conversation, text), source: `auto:${conversation._id}:${key}` });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      core.log.warn({ code: error.code, inboxId: inbox._id }, `An automatic line was not sent: ${error.message}`);
    }
  };
  const since = (await hoursOf(core, conversation))?.closedSince(message.createdAt) ?? null;
  if (since !== null && (awayMessage ?? "") !== "") {
    if (!(await answeredLately(core, message))) await say(awayMessage!, `away:${since.getTime()}`);
  } else if ((greeting ?? "") !== "" && (await nothingSaidBefore(core, conversation._id, message.seq))) await say(greeting!, "greeting");
}

async function answeredLately(core: Core, { conversationId, seq, createdAt: at }: Message): Promise<boolean> {
  const last = await core.store.messages.find({ conversationId, seq: { $gt: seq - LINES }, kind: "outgoing", "author.type": "agent" }, { projection: { createdAt: 1 } }).sort({ seq: -1 }).limit(1).next();
  return last !== null && at.getTime() - last.createdAt.getTime() < LATELY_MS;
}

/** Its first line, and nobody of ours has spoken. */
const nothingSaidBefore = async (core: Core, conversationId: string, seq: number): Promise<boolean> =>
  (await core.store.messages.findOne({ conversationId, seq: { $lt: seq }, kind: { $in: ["incoming", "outgoing"] } }, { projection: { _id: 1 } })) === null;
