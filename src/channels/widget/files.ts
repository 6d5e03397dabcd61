/** Files of the widget: up from a visitor, down to whom they belong. */
import type { FastifyInstance } from "fastify";
import type { FileRef } from "../../core/model/types.ts";
import { allowUploads, filesOf, receiveUpload, sendFile, smallOf, unknownFile } from "../shared/upload.ts";
import { identityOf, requireVisitor, spend, type Visitor, type WidgetHost } from "./visitor.ts";
import type { WireFile } from "./wire.ts";

export const MAX_FILE_BYTES = 10 * 1024 * 1024;

export async function fileRoutes(api: FastifyInstance, host: WidgetHost): Promise<void> {
  const { core } = host;
  await allowUploads(api, MAX_FILE_BYTES);

  api.post("/files", async (request, reply): Promise<WireFile> => {
    spend(host, reply, "fileByIp", request.ip);
    const visitor = await requireVisitor(host, request);
    spend(host, reply, "fileByVisitor", visitor.key);
    const file = await receiveUpload(core.files, request, visitor.key, MAX_FILE_BYTES);
    reply.code(201);
    return { fileId: file.fileId, name: file.name, type: file.type, bytes: file.bytes };
  });

  api.get<{ Params: { id: string }; Querystring: { size?: string } }>("/files/:id", async (request, reply) => {
    spend(host, reply, "callByIp", request.ip);
    const visitor = await requireVisitor(host, request);
    const { id } = request.params;
    const file = await core.files.open(id);
    if (file.owner !== visitor.key && !(await inFeedOf(host, visitor, id))) {
      file.stream.destroy();
      throw unknownFile();
    }
    return sendFile(reply, request.query.size === "small" ? await smallOf(core.files, id, file) : file);
  });
}

/** The visitor's own uploads, ready to be part of a message. @throws {UserError} FILE_UNKNOWN for any that is not theirs. */
export const filesFor = (host: WidgetHost, visitor: Visitor, fileIds: string[]): Promise<FileRef[]> => filesOf(host.core.files, visitor.key, fileIds);

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
