/** Files of canned responses. Each line gets copies of its own, brought over beside it: what was said stays when the settings change, and erasing a conversation takes nothing from others. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { CannedFile } from "../model/settings.ts";
import type { Conversation, FileRef, Message } from "../model/types.ts";
import { pendingFile } from "./desk-files.ts";

const REMOTE = "canned:";

export const isFromCanned = ({ remote = "" }: FileRef): boolean => remote.startsWith(REMOTE);

const inMegabytes = (bytes: number): string => `${Math.max(0.1, Math.round(bytes / 100_000) / 10)} MB`;

/** The same content goes once, under its first name. */
export const eachOnce = (files: readonly CannedFile[]): CannedFile[] => files.filter(({ fileId }, i) => files.findIndex((other) => other.fileId === fileId) === i);

/** "With it: prices.pdf (1.2 MB)." for who is about to send; "" without files. */
export const filesInWords = (files: readonly CannedFile[]): string => (files.length === 0 ? "" : `With it: ${files.map(({ name, bytes }) => `${name} (${inMegabytes(bytes)})`).join(", ")}.`);

/** Each once, to be brought over with the line that bears them. @throws {UserError} NOT_POSSIBLE, FILE_TOO_LARGE where the conversation's channel can't take them */
export function filesToSend(core: Core, { inboxId }: Conversation, files: readonly CannedFile[]): FileRef[] {
  const most = core.channels.get(inboxId)?.capabilities.files.is;
  const once = eachOnce(files);
  for (const { name, bytes } of once) {
    if (most === 0) throw new UserError("NOT_POSSIBLE", `${name} belongs to the canned response, and this channel takes no files. Write the text yourself, with a link to it. Nothing was sent.`);
    if (most !== undefined && bytes > most) throw new UserError("FILE_TOO_LARGE", `${name} belongs to the canned response and has ${inMegabytes(bytes)}; this channel takes ${inMegabytes(most)} at most. Write the text yourself, with a link to it. Nothing was sent.`);
  }
  return once.map(({ fileId, name, type, bytes }) => pendingFile({ name, type, bytes, ref: REMOTE + fileId }));
}

/** The copy for one line, or why there is none. @throws what is worth another try */
export async function copyCannedFile(core: Core, { identityId }: Message, { name, type, bytes, remote = "" }: FileRef): Promise<FileRef> {
  try {
    const file = await core.files.open(remote.slice(REMOTE.length));
    return await core.files.put({ name, type, owner: identityId }, file.stream, file.bytes);
  } catch (error) {
    if (!(error instanceof UserError) || error.status >= 500) throw error;
    return { fileId: "", name, type, bytes, state: "missing", remote, why: error.code === "FILE_UNKNOWN" ? "the canned response does not have it any more" : error.message };
  }
}
