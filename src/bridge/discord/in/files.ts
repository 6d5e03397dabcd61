/** An agent's file out of Discord. Its link bears a date: one that has run out is asked for anew. Source: discord.com/developers/docs/reference#signed-attachment-cdn-urls */
import { Readable } from "node:stream";
import { z } from "zod";
import { DeskError, UserError } from "../../../core/errors.ts";
import type { DeskFile, FileRef } from "../../../core/model/types.ts";
import type { Clock, FileStore } from "../../../core/ports.ts";
import type { DiscordApi } from "../api.ts";
import { CODE, DiscordFailure, discordCode } from "../errors.ts";

/** The largest file taken from an agent, in bytes; Discord lets people with a subscription send larger ones than a bot may. */
export const IN_FILE_BYTES = 50_000_000;
/** A link that lasts no longer is not begun with. */
const SPARE_MS = 60_000;

const REF = /^(\d+)\/(\d+)\/(\d+) (\S+)$/;
/** The ref of a file that hangs on no message: its link is all there is. */
export const looseFileRef = (id: string, url: string): string => `0/0/${id} ${url}`;
const Message = z.object({ attachments: z.array(z.object({ id: z.string(), url: z.string() })) });

/** When a signed link ends, in milliseconds since 1970; none for an unsigned one. */
function endOf(url: string): number {
  const ex = URL.canParse(url) ? new URL(url).searchParams.get("ex") : null;
  return ex === null ? Infinity : Number.parseInt(ex, 16) * 1_000;
}

/** What is gone or too large becomes a file that says why it is missing. @throws {DeskError} what is worth another try */
export async function fetchDiscordFile({ api, files, clock }: { api: DiscordApi; files: FileStore; clock: Clock }, file: DeskFile, signal: AbortSignal): Promise<FileRef> {
  const missing = (why: string): FileRef => ({ fileId: "", name: file.name, type: file.type, bytes: file.bytes, state: "missing", why });
  if (file.bytes > IN_FILE_BYTES) return missing(`it is larger than ${IN_FILE_BYTES / 1_000_000} MB`);
  const [, channel, message, id, url] = REF.exec(file.ref) ?? [];
  if (channel === undefined || url === undefined) return missing("it is not known on Discord");
  const fresh = async (): Promise<string | undefined> =>
    Message.parse(await api.call("GET", `/channels/${channel}/messages/${message!}`, { signal, priority: "interactive" })).attachments.find((one) => one.id === id)?.url;

  async function open(from: string): Promise<Response> {
    try { return await fetch(from, { signal }); } catch (error) {
      throw new DeskError("UNREACHABLE", "A file could not be fetched from Discord.", { certain: true, cause: new DiscordFailure("GET file", `network_${String((error as { cause?: { code?: unknown } }).cause?.code ?? (error as Error).name)}`) });
    }
  }
  try {
    const first = endOf(url) > clock.now().getTime() + SPARE_MS ? await open(url) : null;
    let answer = first;
    if (answer === null || answer.status === 403 || answer.status === 404) {
      await answer?.body?.cancel();
      const again = await fresh();
      if (again === undefined) return missing("it was taken off its message on Discord");
      answer = await open(again);
    }
    if (!answer.ok || answer.body === null) {
      await answer.body?.cancel();
      if (answer.status === 403 || answer.status === 404) return missing("Discord does not have it any more");
      throw new DeskError("UNREACHABLE", "A file could not be fetched from Discord.", { certain: true, cause: new DiscordFailure("GET file", `http_${answer.status}`) });
    }
    return await files.put({ name: file.name, type: file.type, owner: "discord" }, Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), IN_FILE_BYTES);
  } catch (error) {
    const code = discordCode(error);
    if (code === CODE.unknownMessage || code === CODE.unknownChannel) return missing("its message was deleted on Discord");
    if (error instanceof UserError) return missing(error.message);
    throw error;
  }
}
