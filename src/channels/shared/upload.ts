/** Files that come up by multipart/form-data and go down to whom they belong. */
import type { Readable } from "node:stream";
import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { UserError } from "../../core/errors.ts";
import { safeName } from "../../core/model/file-name.ts";
import type { FileRef } from "../../core/model/types.ts";
import type { FileStore } from "../../core/ports.ts";

/** Pictures that a browser shows without running anything in them; all else is downloaded. */
const SHOWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);
/** What runs on an agent's machine when opened. */
const RUNS = /\.(exe|dll|msi|msix|bat|cmd|com|scr|pif|cpl|ps1|vbs|vbe|wsf|wsh|hta|jar|apk|lnk|reg|app|dmg|pkg|deb|rpm|iso|img)$/i;

/** Call it once for the scope of the routes that take files. */
export const allowUploads = async (api: FastifyInstance, maxBytes: number): Promise<void> => {
  await api.register(multipart, { limits: { files: 1, fields: 0, parts: 2, fileSize: maxBytes + 1, headerPairs: 50 }, throwFileSizeLimit: false });
};

/** The one file of a form, stored for `owner`. @throws {UserError} WRONG_TYPE, BAD_BODY, FILE_TOO_LARGE */
export async function receiveUpload(files: FileStore, request: FastifyRequest, owner: string, maxBytes: number): Promise<FileRef> {
  if (!request.isMultipart()) throw new UserError("WRONG_TYPE", "A file comes as multipart/form-data with one file in it. Send it so.");
  if (Number(request.headers["content-length"] ?? 0) > maxBytes + 64 * 1024) throw tooLarge(maxBytes);
  const part = await request.file().catch((error: unknown) => { throw badForm(error, maxBytes); });
  if (part === undefined) throw new UserError("BAD_BODY", "The form holds no file. Put one file in it.", [{ path: "file", message: "is missing" }]);
  const name = safeName(part.filename ?? "");
  if (RUNS.test(name)) {
    part.file.resume();
    throw new UserError("WRONG_TYPE", "Programs can't be sent in this chat. Send a picture, a document or an archive.");
  }
  return files.put({ name, type: part.mimetype, owner }, part.file, maxBytes).finally(() => part.file.resume());
}

/** A file as an answer that runs nothing. `file` as the store opened it. */
export function sendFile(reply: FastifyReply, file: Awaited<ReturnType<FileStore["open"]>>): FastifyReply {
  return reply
    .header("content-type", file.type).header("content-length", file.bytes).header("x-content-type-options", "nosniff")
    .header("content-disposition", disposition(SHOWN.has(file.type) ? "inline" : "attachment", file.name))
    .header("content-security-policy", "default-src 'none'; sandbox").header("cross-origin-resource-policy", "cross-origin")
    .header("cache-control", "private, max-age=31536000, immutable")
    .send(file.stream);
}

interface Opened { name: string; type: string; bytes: number; owner: string; stream: Readable }
/** A picture's thumbnail instead of the picture, where there is one. */
export async function smallOf(store: FileStore, fileId: string, file: Opened): Promise<Opened> {
  const small = await store.thumbnail(fileId);
  if (small === null) return file;
  file.stream.destroy();
  return { ...file, ...small };
}

/** Files of `owner`, ready to be part of a message. @throws {UserError} FILE_UNKNOWN for any that is not theirs. */
export async function filesOf(store: FileStore, owner: string, fileIds: string[]): Promise<FileRef[]> {
  const refs: FileRef[] = [];
  for (const fileId of new Set(fileIds)) {
    const file = await store.open(fileId);
    file.stream.destroy();
    if (file.owner !== owner) throw unknownFile();
    refs.push({ fileId, name: file.name, type: file.type, bytes: file.bytes, state: "ready" });
  }
  return refs;
}

/** Whether a repeated message carries the same files. */
export const sameFiles = (a: FileRef[], b: FileRef[]): boolean => a.length === b.length && a.every((file, i) => file.fileId === b[i]?.fileId);

/** RFC 6266: a plain name for old clients, the true one in UTF-8. */
function disposition(kind: "inline" | "attachment", name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const full = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${kind}; filename="${plain}"; filename*=UTF-8''${full}`;
}

export const unknownFile = () => new UserError("FILE_UNKNOWN", "There is no such file, or it is not part of this conversation.");
const tooLarge = (maxBytes: number) => new UserError("FILE_TOO_LARGE", `The file is larger than ${maxBytes / 1024 / 1024} MB, the most that this chat takes. Send a smaller one.`);

/** The form parser's own complaints, in our words. */
function badForm(error: unknown, maxBytes: number): unknown {
  const code = (error as { code?: unknown }).code;
  if (code === "FST_REQ_FILE_TOO_LARGE") return tooLarge(maxBytes);
  if (typeof code === "string" && code.startsWith("FST_")) return new UserError("BAD_BODY", "The form must hold one file and no other field.", [{ path: "", message: "one file only" }]);
  if (error instanceof Error && /multipart|boundary|unexpected end|malformed/i.test(error.message)) return new UserError("BAD_BODY", "The form is cut off or malformed. Send the file again.", [{ path: "", message: "malformed multipart body" }]);
  return error;
}
