/** Files of the widget: up from a visitor, down to whom they belong. */
import multipart from "@fastify/multipart";
import type { FastifyInstance } from "fastify";
import { UserError } from "../../core/errors.ts";
import { safeName } from "../../core/model/file-name.ts";
import type { FileRef } from "../../core/model/types.ts";
import { identityOf, requireVisitor, spend, type Visitor, type WidgetHost } from "./visitor.ts";
import type { WireFile } from "./wire.ts";

export const MAX_FILE_BYTES = 10 * 1024 * 1024;
/** Pictures that a browser shows without running anything in them; all else is downloaded. */
const SHOWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);
/** What runs on an agent's machine when opened. */
const RUNS = /\.(exe|dll|msi|msix|bat|cmd|com|scr|pif|cpl|ps1|vbs|vbe|wsf|wsh|hta|jar|apk|lnk|reg|app|dmg|pkg|deb|rpm|iso|img)$/i;

export async function fileRoutes(api: FastifyInstance, host: WidgetHost): Promise<void> {
  const { core } = host;
  await api.register(multipart, { limits: { files: 1, fields: 0, parts: 2, fileSize: MAX_FILE_BYTES + 1, headerPairs: 50 }, throwFileSizeLimit: false });

  api.post("/files", async (request, reply): Promise<WireFile> => {
    spend(host, reply, "fileByIp", request.ip);
    const visitor = await requireVisitor(host, request);
    spend(host, reply, "fileByVisitor", visitor.key);
    if (!request.isMultipart()) throw new UserError("WRONG_TYPE", "A file comes as multipart/form-data with one file in it. Send it so.");
    if (Number(request.headers["content-length"] ?? 0) > MAX_FILE_BYTES + 64 * 1024) throw tooLarge();
    const part = await request.file().catch((error: unknown) => { throw badForm(error); });
    if (part === undefined) throw new UserError("BAD_BODY", "The form holds no file. Put one file in it.", [{ path: "file", message: "is missing" }]);
    const name = safeName(part.filename ?? "");
    if (RUNS.test(name)) {
      part.file.resume();
      throw new UserError("WRONG_TYPE", "Programs can't be sent in this chat. Send a picture, a document or an archive.");
    }
    const file = await core.files.put({ name, type: part.mimetype, owner: visitor.key }, part.file, MAX_FILE_BYTES)
      .finally(() => part.file.resume());
    reply.code(201);
    return { fileId: file.fileId, name: file.name, type: file.type, bytes: file.bytes };
  });

  api.get<{ Params: { id: string } }>("/files/:id", async (request, reply) => {
    spend(host, reply, "callByIp", request.ip);
    const visitor = await requireVisitor(host, request);
    const { id } = request.params;
    const file = await core.files.open(id);
    if (file.owner !== visitor.key && !(await inFeedOf(host, visitor, id))) {
      file.stream.destroy();
      throw unknownFile();
    }
    const shown = SHOWN.has(file.type);
    return reply
      .header("content-type", file.type).header("content-length", file.bytes).header("x-content-type-options", "nosniff")
      .header("content-disposition", disposition(shown ? "inline" : "attachment", file.name))
      .header("content-security-policy", "default-src 'none'; sandbox").header("cross-origin-resource-policy", "cross-origin")
      .header("cache-control", "private, max-age=31536000, immutable")
      .send(file.stream);
  });
}

/** The visitor's own uploads, ready to be part of a message. @throws {UserError} FILE_UNKNOWN for any that is not theirs. */
export async function filesFor(host: WidgetHost, visitor: Visitor, fileIds: string[]): Promise<FileRef[]> {
  const refs: FileRef[] = [];
  for (const fileId of new Set(fileIds)) {
    const { stream, owner, name, type, bytes } = await host.core.files.open(fileId);
    stream.destroy();
    if (owner !== visitor.key) throw unknownFile();
    refs.push({ fileId, name, type, bytes, state: "ready" });
  }
  return refs;
}

/** Whether a line that this visitor sees carries the file: an agent's picture, or their own from another device. */
async function inFeedOf({ core }: WidgetHost, visitor: Visitor, fileId: string): Promise<boolean> {
  const identity = await identityOf(core, visitor);
  if (identity === null) return false;
  const line = await core.store.messages.findOne(
    { identityId: identity._id, feedFirst: { $exists: true }, "files.fileId": fileId, deletedAt: { $exists: false } },
    { projection: { _id: 1 } },
  );
  return line !== null;
}

/** RFC 6266: a plain name for old clients, the true one in UTF-8. */
function disposition(kind: "inline" | "attachment", name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const full = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${kind}; filename="${plain}"; filename*=UTF-8''${full}`;
}

const unknownFile = () => new UserError("FILE_UNKNOWN", "There is no such file, or it is not part of this conversation.");
const tooLarge = () => new UserError("FILE_TOO_LARGE", `The file is larger than ${MAX_FILE_BYTES / 1024 / 1024} MB, the most that this chat takes. Send a smaller one.`);

/** The form parser's own complaints, in our words. */
function badForm(error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  if (code === "FST_REQ_FILE_TOO_LARGE") return tooLarge();
  if (typeof code === "string" && code.startsWith("FST_")) return new UserError("BAD_BODY", "The form must hold one file and no other field.", [{ path: "", message: "one file only" }]);
  if (error instanceof Error && /multipart|boundary|unexpected end|malformed/i.test(error.message)) return new UserError("BAD_BODY", "The form is cut off or malformed. Send the file again.", [{ path: "", message: "malformed multipart body" }]);
  return error;
}
