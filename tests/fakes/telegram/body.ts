/** Reads a Bot API call: JSON, form, query or multipart. Source: core.telegram.org/bots/api#making-requests */
import type { IncomingMessage } from "node:http";

export interface Uploaded { filename: string; content: Buffer }
export interface CallInput { params: Record<string, unknown>; files: Record<string, Uploaded> }

export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const fromForm = (form: URLSearchParams): CallInput => ({ params: Object.fromEntries(form), files: {} });

function fromMultipart(body: Buffer, boundary: string): CallInput {
  const input: CallInput = { params: {}, files: {} };
  const mark = Buffer.from(`--${boundary}`);
  for (let start = body.indexOf(mark); start >= 0;) {
    const end = body.indexOf(mark, start + mark.length);
    if (end < 0) break;
    const part = body.subarray(start + mark.length + 2, end - 2);
    const headEnd = part.indexOf("\r\n\r\n");
    const head = part.subarray(0, headEnd).toString("utf8"), content = part.subarray(headEnd + 4);
    const name = /[; ]name="([^"]*)"/.exec(head)?.[1];
    const filename = /filename="?([^"\r\n;]*)/.exec(head)?.[1];
    if (name !== undefined && filename !== undefined) input.files[name] = { filename, content: Buffer.from(content) };
    else if (name !== undefined) input.params[name] = content.toString("utf8");
    start = end;
  }
  return input;
}

export async function readCall(request: IncomingMessage, query: URLSearchParams): Promise<CallInput> {
  const body = await readAll(request);
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("application/json")) return { params: body.length === 0 ? {} : (JSON.parse(body.toString("utf8")) as Record<string, unknown>), files: {} };
  if (type.startsWith("application/x-www-form-urlencoded")) return fromForm(new URLSearchParams(body.toString("utf8")));
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)/.exec(type)?.[1];
  return boundary === undefined ? fromForm(query) : fromMultipart(body, boundary);
}

/** In forms everything is text: numbers and JSON arrive as such. */
export function valueOf(input: CallInput, name: string): unknown {
  const value = input.params[name];
  if (typeof value !== "string" || name === "text" || name === "caption") return value;
  try { return JSON.parse(value) as unknown; } catch { return value; }
}
