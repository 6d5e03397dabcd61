/** Brings agents' files over from their desk, beside the intake: a large one holds up nothing but the reply that it belongs to. */
import type { Core } from "../core/core.ts";
import { UserError } from "../core/errors.ts";
import type { FileRef, Message } from "../core/model/types.ts";
import { canFetchFile } from "../core/ports.ts";
import type { FetchingDesk } from "../core/ports.ts";
import { copyCannedFile, isFromCanned } from "../core/services/canned-files.ts";
import { FETCH_DESK_FILES } from "../core/services/desk-files.ts";

/** Milliseconds for one file. */
const FETCH_MS = 180_000;

/** A to-do of the message. @throws what is worth another try; what isn't becomes a file that says why it is missing, and its reply fails with that */
export async function fetchDeskFiles(core: Core, message: Message): Promise<void> {
  if (message.deletedAt !== undefined) return;
  const last = (message.todo.find((item) => item.for === FETCH_DESK_FILES)?.tries ?? 0) >= core.limits.maxTries;
  const desk = message.origin === undefined ? undefined : core.desks.get(message.origin.desk);
  for (const [place, file] of message.files.entries()) {
    if (file.state !== "pending") continue;
    const fetched = isFromCanned(file) ? await copyCannedFile(core, message, file) : await fetchOne(desk !== undefined && canFetchFile(desk) ? desk : null, file, last);
    // each by itself: what a later one comes to does not fetch this one again
    await core.store.messages.updateOne({ _id: message._id, [`files.${place}.state`]: "pending" }, { $set: { [`files.${place}`]: fetched } });
  }
  await showElsewhere(core, message);
  core.bus.publish({ type: "lane.due", lane: "delivery", conversationId: message.conversationId });
}

/** A line that a verb wrote, and a note from a thread that was left, are shown by a post of ours: there the files take the place of their names. */
async function showElsewhere(core: Core, { _id, origin, conversationId }: Message): Promise<void> {
  const line = await core.store.messages.findOne({ _id, ...(origin === undefined ? {} : { kind: "note" as const }) }, { projection: { deskPosts: 1, mirror: 1 } });
  if (line === null || (origin !== undefined && line.mirror.state === "posted" && line.deskPosts.every((key) => key.startsWith(`${origin.thread}|`)))) return;
  await core.store.messages.updateOne({ _id }, { $set: { "mirror.dueAt": core.clock.now() }, $inc: { rev: 1 } });
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId });
}

async function fetchOne(desk: FetchingDesk | null, { name, type, bytes, remote = "" }: FileRef, last: boolean): Promise<FileRef> {
  const missing = (why: string): FileRef => ({ fileId: "", name, type, bytes, state: "missing", remote, why });
  try {
    if (desk === null) throw new UserError("NOT_POSSIBLE", "the desk on which it was written is not connected here");
    const file = await desk.fetchFile({ name, type, bytes, ref: remote }, AbortSignal.timeout(FETCH_MS));
    return file.state === "missing" ? { ...file, remote } : file;
  } catch (error) {
    if (!last) throw error;
    return missing(error instanceof UserError ? error.message : "the desk did not hand it out, although it was asked again and again");
  }
}
