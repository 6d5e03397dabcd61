/** Files of a post: which message takes which, and what Discord does not take. Source: discord.com/developers/docs/reference#uploading-files */
import { DeskError } from "../../../core/errors.ts";
import type { FileRef } from "../../../core/model/types.ts";
import type { FileStore } from "../../../core/ports.ts";
import type { UploadedFile } from "../api.ts";

/** Bytes of one file in a server without boosts. */
export const FILE_BYTES = 10 * 1024 * 1024;
/** Bytes of one request, with room for its text; files of one message. */
const REQUEST_BYTES = 24 * 1024 * 1024, PER_MESSAGE = 10;
/** Milliseconds for a message with files; its lane comes back for it. */
export const FILES_MS = 120_000;

/** Those that Discord takes, and a line for each other. */
export function sortFiles(files: FileRef[]): { taken: FileRef[]; said: string[] } {
  const why = (file: FileRef) => (file.bytes > FILE_BYTES ? `${file.name} is larger than the ${FILE_BYTES / 1024 / 1024} MB that Discord takes` : file.bytes === 0 ? `${file.name} is empty` : null);
  return { taken: files.filter((file) => why(file) === null), said: files.flatMap((file) => { const said = why(file); return said === null ? [] : [`not shown here: ${said}`]; }) };
}

/** Files by message, in order. */
export function groupFiles(files: FileRef[]): FileRef[][] {
  const groups: FileRef[][] = [];
  let bytes = 0;
  for (const file of files) {
    const last = groups.at(-1);
    if (last === undefined || last.length === PER_MESSAGE || bytes + file.bytes > REQUEST_BYTES) { groups.push([file]); bytes = file.bytes; }
    else { last.push(file); bytes += file.bytes; }
  }
  return groups;
}

/** Of these files, those that are not among the attachments that a post has; names are changed by Discord, so sizes tell. */
export function missingFiles(files: FileRef[], there: { size: number }[]): FileRef[] {
  const sizes = there.map(({ size }) => size);
  return files.filter(({ bytes }) => {
    const at = sizes.indexOf(bytes);
    if (at >= 0) sizes.splice(at, 1);
    return at < 0;
  });
}
export const roomFor = (there: number): number => PER_MESSAGE - there;

/** @throws {UserError} when a file is not there any more */
export const loadFiles = (store: FileStore, files: FileRef[]): Promise<UploadedFile[]> =>
  Promise.all(files.map(async ({ fileId, name, type }) => ({ name, type, content: await store.buffer(fileId, FILE_BYTES) })));

/** Work that goes on when whoever waits for it has to leave. @throws {DeskError} uncertain, when `signal` ends first */
export async function waitFor<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave = (): void => undefined;
  const gone = new Promise<never>((_done, fail) => {
    leave = () => fail(new DeskError("TIMEOUT", "A file is still on its way to Discord.", { certain: false, retryAfterMs: 2_000 }));
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
  });
  try { return await Promise.race([work, gone]); } finally { signal.removeEventListener("abort", leave); }
}
