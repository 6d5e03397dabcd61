/** Reads a Web API call: form, JSON or multipart, nested values as JSON strings. Source: docs.slack.dev/apis/web-api/#basics */
import type { IncomingMessage } from "node:http";
import type { Json } from "./types.ts";

export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Arguments that are words whatever they look like. */
const WORDS = new Set(["text", "markdown_text", "status", "username", "initial_comment", "filename", "title", "ts", "thread_ts", "timestamp", "message_ts", "oldest", "latest", "email", "name", "token", "cursor", "hash", "icon_emoji", "icon_url", "query", "trigger_id", "private_metadata", "alt_txt"]);

/** In forms everything is text: objects, numbers and truths arrive as such. */
function typed(name: string, value: string): unknown {
  if (WORDS.has(name) || !/^\s*(?:[[{]|-?\d+(?:\.\d+)?\s*$|true\s*$|false\s*$)/.test(value)) return value;
  try { return JSON.parse(value) as unknown; } catch { return value; }
}

const fromForm = (text: string): Json => Object.fromEntries([...new URLSearchParams(text)].map(([name, value]) => [name, typed(name, value)]));

/** @throws SyntaxError when a JSON body is none */
export function readArguments(type: string, body: Buffer, query: string): Json {
  const words = body.toString("utf8");
  if (type.startsWith("application/json")) return { ...fromForm(query), ...(words === "" ? {} : (JSON.parse(words) as Json)) };
  return { ...fromForm(query), ...fromForm(words) };
}

/** The bytes of an upload: the body itself, or the one file of a multipart form. Source: docs.slack.dev/reference/methods/files.getuploadurlexternal */
export function uploadedBytes(type: string, body: Buffer): Buffer {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)/.exec(type)?.[1];
  if (boundary === undefined) return body;
  const head = body.indexOf("\r\n\r\n");
  return head < 0 ? body : body.subarray(head + 4, body.indexOf(`\r\n--${boundary}`, head));
}
