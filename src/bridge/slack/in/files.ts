/** An agent's file out of Slack. `ref` is the file's id: its address is asked for anew each time, since addresses and rights change. */
import { Readable } from "node:stream";
import { DeskError, UserError } from "../../../core/errors.ts";
import type { DeskFile, FileRef } from "../../../core/model/types.ts";
import type { FileStore } from "../../../core/ports.ts";
import type { SlackApi } from "../api.ts";
import { slackCode } from "../errors.ts";
import { FILE_BYTES } from "../out/files.ts";

interface Info { file: { name?: string; mimetype?: string; size?: number; mode?: string; is_external?: boolean; url_private_download?: string; url_private?: string } }

/** What is gone, too large or not handed out becomes a file that says why it is missing. @throws {DeskError} what is worth another try */
export async function fetchSlackFile({ api, files }: { api: SlackApi; files: FileStore }, file: DeskFile, signal: AbortSignal): Promise<FileRef> {
  const missing = (why: string): FileRef => ({ fileId: "", name: file.name, type: file.type, bytes: file.bytes, state: "missing", why });
  if (file.bytes > FILE_BYTES) return missing(`it is larger than ${FILE_BYTES / 1_000_000} MB`);
  try {
    const { file: info } = await api.call<Info>("files.info", { file: file.ref }, { signal });
    const url = info.url_private_download ?? info.url_private;
    if (info.mode === "tombstone") return missing("it was deleted on Slack");
    if (info.is_external === true || url === undefined) return missing("it lies outside of Slack: share its link instead");
    const answer = await api.download(url, signal);
    // a sign-in page comes with status 200, too
    const page = answer.headers.get("content-type")?.startsWith("text/html") === true && info.mimetype !== "text/html";
    if (page) await answer.body?.cancel();
    if (page || answer.body === null) return missing("Slack does not hand it out: the app needs the scope files:read and has to see the channel it is in");
    const content = Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]);
    return await files.put({ name: file.name || info.name || "file", type: info.mimetype ?? file.type, owner: "slack" }, content, FILE_BYTES);
  } catch (error) {
    const code = slackCode(error);
    if (code === "file_not_found" || code === "file_deleted") return missing("it was deleted on Slack");
    if (code === "missing_scope") return missing("the Slack app lacks the scope files:read");
    if (error instanceof UserError) return missing(error.message);
    if (error instanceof DeskError && error.o.refused === true) return missing(error.message.replace(/^[A-Z_]+: /, ""));
    throw error;
  }
}
