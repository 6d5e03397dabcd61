/** Reads a request: JSON, or multipart with `payload_json` and `files[n]`. Source: discord.com/developers/docs/reference#uploading-files */
import type { IncomingMessage } from "node:http";
import { refusal } from "./errors.ts";
import type { Json, UploadedFile } from "./types.ts";

export interface RequestBody { body: Json | Json[]; files: UploadedFile[] }

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
/** @throws {ApiError} 50109 */
function parse(raw: string): Json | Json[] {
  if (raw === "") return {};
  try { return (JSON.parse(raw) ?? {}) as Json | Json[]; } catch { throw refusal(50109); }
}

function fromMultipart(raw: Buffer, boundary: string): RequestBody {
  const read: RequestBody = { body: {}, files: [] };
  const mark = Buffer.from(`--${boundary}`);
  for (let start = raw.indexOf(mark); start >= 0;) {
    const end = raw.indexOf(mark, start + mark.length);
    if (end < 0) break;
    const part = raw.subarray(start + mark.length + 2, end - 2), headEnd = part.indexOf("\r\n\r\n");
    const head = part.subarray(0, headEnd).toString("utf8"), content = part.subarray(headEnd + 4);
    const name = /[; ]name="([^"]*)"/.exec(head)?.[1] ?? "", filename = /filename="([^"]*)"/.exec(head)?.[1];
    if (name === "payload_json") read.body = parse(content.toString("utf8"));
    else if (filename !== undefined) read.files.push({ name, filename: filename.replaceAll("%22", '"'), contentType: /content-type: *([^\r\n]+)/i.exec(head)?.[1] ?? "application/octet-stream", content: Buffer.from(content) });
    else (read.body as Json)[name] = content.toString("utf8");
    start = end;
  }
  return read;
}

export async function readBody(request: IncomingMessage): Promise<RequestBody> {
  const raw = await readAll(request);
  const type = request.headers["content-type"] ?? "";
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)/.exec(type)?.[1];
  return boundary === undefined ? { body: parse(raw.toString("utf8")), files: [] } : fromMultipart(raw, boundary);
}
