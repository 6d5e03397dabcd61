/** Files of a post: which message takes which, and what Discord does not take. Source: discord.com/developers/docs/reference#uploading-files */
import { z } from "zod";
import { DeskError } from "../../../core/errors.ts";
import type { FileRef } from "../../../core/model/types.ts";
import type { Clock, FileStore } from "../../../core/ports.ts";
import type { DiscordApi, UploadedFile } from "../api.ts";

const MB = 1024 * 1024;
/** Bytes of one file in a server without boosts. */
export const FILE_BYTES = 10 * MB;
/** Bytes of one file by the server's boost level. Source: discord.com/developers/docs/reference#uploading-files, support.discord.com/hc/articles/360028038352 */
const BY_LEVEL = [FILE_BYTES, FILE_BYTES, 50 * MB, 100 * MB];
/** Milliseconds for which the level is known. */
const LEVEL_MS = 10 * 60_000;
const Guild = z.object({ premium_tier: z.number().default(0) });
/** Bytes of one request, with room for its text; files of one message. */
const REQUEST_BYTES = 24 * 1024 * 1024, PER_MESSAGE = 10;
/** Milliseconds for a message with files; its lane comes back for it. */
export const FILES_MS = 120_000;

/** Bytes that one of these files may have here. The server is asked only for a file that every server does not take. */
export type MostBytes = (files: readonly FileRef[], signal: AbortSignal) => Promise<number>;
export function createMostBytes({ api, guild, clock }: { api: DiscordApi; guild: string; clock: Clock }): MostBytes {
  let known = { most: FILE_BYTES, until: -Infinity };
  return async (files, signal) => {
    const now = clock.now().getTime();
    if (known.until < now && files.some(({ bytes }) => bytes > FILE_BYTES)) {
      const { premium_tier: level } = Guild.parse(await api.call("GET", `/guilds/${guild}`, { signal }));
      known = { most: BY_LEVEL[level] ?? FILE_BYTES, until: now + LEVEL_MS };
    }
    return known.most;
  };
}

/** Those that Discord takes, and a line for each other. */
export function sortFiles(files: FileRef[], most: number): { taken: FileRef[]; said: string[] } {
  const why = (file: FileRef) => (file.bytes > most ? `${file.name} is larger than the ${most / MB} MB that Discord takes here` : file.bytes === 0 ? `${file.name} is empty` : null);
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
  Promise.all(files.map(async ({ fileId, name, type, bytes }) => ({ name, type, content: await store.buffer(fileId, bytes) })));

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
