/** Files into a thread. The share is asynchronous: the message's ts is learnt by asking for the file. Source: docs.slack.dev/messaging/working-with-files */
import { setTimeout as sleep } from "node:timers/promises";
import { DeskError } from "../../../core/errors.ts";
import type { FileRef } from "../../../core/model/types.ts";
import type { FileStore } from "../../../core/ports.ts";
import type { SlackApi } from "../api.ts";
import type { Block } from "./blocks.ts";
import { SlackFailure } from "../errors.ts";
import type { SlackThread } from "../ids.ts";
import { Recent } from "../../shared/recent.ts";

/** Bytes of one file. Slack takes 1 GB; we hold a file in memory while it is sent. */
export const FILE_BYTES = 50_000_000;
/** Milliseconds between two looks for the message of a share. */
const LOOKS_MS = [60, 300, 1_000];
/** Milliseconds for the bytes of one file. They go on while a lane that waits for them comes back later. */
const BYTES_MS = 180_000;
/** Files whose bytes are at Slack and in no post yet. */
const KEPT = 200;

interface Share { ts: string; thread_ts?: string }
interface FileInfo { file: { shares?: { public?: Record<string, Share[]>; private?: Record<string, Share[]> } } }
export interface Upload { files: FileRef[]; blocks: Block[]; identity: Record<string, string> | undefined }

export type ShareFiles = (place: SlackThread, upload: Upload, signal: AbortSignal) => Promise<Share>;

/**
 * Makes: one message with all files; answers its ts. Bytes that take longer than a call may are sent once, whoever waits for them.
 * @throws {DeskError} REFUSED for a file that Slack can't take; certain while bytes are under way; uncertain once the share was asked for
 */
export function createShareFiles({ api, files: store }: { api: SlackApi; files: FileStore }): ShareFiles {
  const uploads = new Recent<Promise<{ id: string; title: string }>>(KEPT);

  async function upload(file: FileRef): Promise<{ id: string; title: string }> {
    const content = await store.buffer(file.fileId, FILE_BYTES);
    if (content.length === 0) throw refused(`${file.name} is empty`);
    const { upload_url: url, file_id: id } = await api.call<{ upload_url: string; file_id: string }>("files.getUploadURLExternal", { filename: file.name, length: content.length });
    await api.upload(url, content, AbortSignal.timeout(BYTES_MS));
    return { id, title: file.name };
  }
  async function uploaded(file: FileRef, signal: AbortSignal): Promise<{ id: string; title: string }> {
    if (file.bytes > FILE_BYTES) throw refused(`${file.name} is larger than ${FILE_BYTES / 1_000_000} MB`);
    let under = uploads.get(file.fileId);
    if (under === undefined) {
      under = upload(file);
      uploads.set(file.fileId, under);
      under.catch(() => uploads.delete(file.fileId));
    }
    return before(signal, under);
  }

  return async (place, { files, blocks, identity }, signal) => {
    const ready: { id: string; title: string }[] = [];
    for (const file of files) ready.push(await uploaded(file, signal));
    // whatever comes of it, these are spent
    for (const file of files) uploads.delete(file.fileId);
    await api.call("files.completeUploadExternal", { files: ready, channel_id: place.channel, thread_ts: place.ts, blocks, ...identity }, { signal, channel: place.channel });
    return shareOf(api, ready[0]!.id, place, signal);
  };
}

/** @throws {DeskError} certain, when `signal` ends first */
async function before<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let leave = () => undefined as void;
  const gone = new Promise<never>((_done, fail) => {
    leave = () => fail(new DeskError("UNREACHABLE", "A file is still on its way to Slack.", { certain: true, retryAfterMs: 2_000 }));
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
  });
  try { return await Promise.race([work, gone]); } finally { signal.removeEventListener("abort", leave); }
}

const refused = (text: string) => new DeskError("REFUSED", `${text}, which Slack does not take.`, { certain: true, refused: true });

async function shareOf(api: SlackApi, file: string, place: SlackThread, signal: AbortSignal): Promise<Share> {
  for (let look = 0; ; look++) {
    try {
      const { file: { shares } } = await api.call<FileInfo>("files.info", { file }, { signal });
      const share = shares?.public?.[place.channel]?.[0] ?? shares?.private?.[place.channel]?.[0];
      if (share !== undefined) return share;
      await sleep(LOOKS_MS[look] ?? 1_500, undefined, { signal });
    } catch (cause) {
      // the files may stand in the thread by now
      throw new DeskError("TIMEOUT", "Slack did not say in time where it put the files.", { certain: false, cause: cause instanceof DeskError ? cause.o.cause : new SlackFailure("files.info", "network_timeout", place.channel) });
    }
  }
}
