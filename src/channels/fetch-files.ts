/** Brings customers' files over before their lane's turn; a late one replaces its placeholder. */
import type { Core } from "../core/core.ts";
import { DeliveryError, UserError } from "../core/errors.ts";
import type { FileRef, Message } from "../core/model/types.ts";
import { canFetch } from "../core/ports.ts";
import type { FetchingChannel } from "../core/ports.ts";

export const FETCH_FILES = "fetch-files";

/** A to-do of the message. @throws what is worth another try; what isn't becomes a file that says why it is missing. */
export async function fetchFiles(core: Core, message: Message): Promise<void> {
  const adapter = core.channels.get(message.inboxId);
  if (adapter === undefined) throw new Error("This message's inbox does not run here, so its files can't be fetched now.");
  if (!canFetch(adapter)) return;
  const files: FileRef[] = [];
  for (const file of message.files) files.push(file.state === "pending" ? await fetchOne(core, adapter, message, file) : file);
  // An album still waits for its other parts.
  const together = message.groupId === undefined ? 0 : message.createdAt.getTime() + core.limits.albumMs;
  const after = await core.store.messages.findOneAndUpdate(
    { _id: message._id },
    { $set: { files, "mirror.dueAt": new Date(Math.max(core.clock.now().getTime(), together)) }, $inc: { rev: 1 } },
    { returnDocument: "after" },
  );
  if (after !== null) core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: message.conversationId });
}

async function fetchOne(core: Core, adapter: FetchingChannel, message: Message, file: FileRef): Promise<FileRef> {
  try {
    const fetched = await adapter.fetchFile(file.remote ?? "", AbortSignal.timeout(120_000));
    return await core.files.put({ name: file.name || fetched.name, type: fetched.type, owner: message.identityId }, fetched.stream, adapter.capabilities.files.is);
  } catch (error) {
    const lastTry = (message.todo.find((item) => item.for === FETCH_FILES)?.tries ?? 0) >= core.limits.maxTries;
    const certain = (error instanceof UserError && error.status < 500) || (error instanceof DeliveryError && error.o.permanent === true);
    if (!certain && !lastTry) throw error;
    return { ...file, state: "missing", why: error instanceof DeliveryError ? error.tellAgent : error instanceof UserError ? error.message : "it could not be fetched" };
  }
}
