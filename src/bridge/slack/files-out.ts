/** Files into a thread. The share is asynchronous: the message's ts is learnt by asking for the file. Source: docs.slack.dev/messaging/working-with-files */
import { setTimeout as sleep } from "node:timers/promises";
import { DeskError } from "../../core/errors.ts";
import type { FileRef } from "../../core/model/types.ts";
import type { FileStore } from "../../core/ports.ts";
import type { SlackApi } from "./api.ts";
import type { Block } from "./blocks.ts";
import { SlackFailure } from "./errors.ts";
import type { SlackThread } from "./ids.ts";

/** Bytes of one file. Slack takes 1 GB; we hold a file in memory while it is sent. */
export const FILE_BYTES = 50_000_000;
/** Milliseconds between two looks for the message of a share. */
const LOOKS_MS = [30, 60, 120, 250, 500, 1_000];

interface Share { ts: string; thread_ts?: string }
interface FileInfo { file: { shares?: { public?: Record<string, Share[]>; private?: Record<string, Share[]> } } }
export interface Upload { files: FileRef[]; blocks: Block[]; identity: Record<string, string> | undefined }

/**
 * One message with all files. Answers its ts. @throws {DeskError} REFUSED for a file that Slack can't take; uncertain once the share was asked for
 */
export async function shareFiles({ api, files: store }: { api: SlackApi; files: FileStore }, place: SlackThread, { files, blocks, identity }: Upload, signal: AbortSignal): Promise<Share> {
  const uploaded: { id: string; title: string }[] = [];
  for (const file of files) {
    if (file.bytes > FILE_BYTES) throw refused(`${file.name} is larger than ${FILE_BYTES / 1_000_000} MB`);
    const content = await store.buffer(file.fileId, FILE_BYTES);
    if (content.length === 0) throw refused(`${file.name} is empty`);
    const { upload_url: url, file_id: id } = await api.call<{ upload_url: string; file_id: string }>("files.getUploadURLExternal", { filename: file.name, length: content.length }, { signal });
    await api.upload(url, content, signal);
    uploaded.push({ id, title: file.name });
  }
  await api.call("files.completeUploadExternal", { files: uploaded, channel_id: place.channel, thread_ts: place.ts, blocks, ...identity }, { signal, channel: place.channel });
  return shareOf(api, uploaded[0]!.id, place, signal);
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
