/** Files on the desk: uploads by agents, and whatever a post shows. */
import type { FastifyInstance } from "fastify";
import { UserError } from "../../core/errors.ts";
import type { RouteContext } from "./routes.ts";

/** Shown in the page itself; all else is only ever downloaded. */
const INLINE = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export function fileRoutes(app: FastifyInstance, { playground }: RouteContext): void {
  const { files, store } = playground.vendor;

  app.post("/playground/v1/files", async (request, reply) => {
    const part = await request.file();
    if (part === undefined) throw new UserError("BAD_BODY", "Send one file as multipart/form-data.", [{ path: "file", message: "is missing" }]);
    const { fileId, name, type, bytes } = await files.put({ name: part.filename, type: part.mimetype, owner: "playground" }, part.file, playground.limits.fileBytes);
    return reply.status(201).send({ fileId, name, type, bytes });
  });

  app.get<{ Params: { id: string }; Querystring: { size?: string } }>("/playground/v1/files/:id", async (request, reply) => {
    const unknown = () => new UserError("FILE_UNKNOWN", "There is no such file on this desk.");
    const file = await files.open(request.params.id);
    const shown = file.owner === "playground" || (await store.posts.findOne({ "files.fileId": request.params.id }, { projection: { _id: 1 } })) !== null;
    if (!shown) {
      file.stream.destroy();
      throw unknown();
    }
    const small = request.query.size === "small" ? await files.thumbnail(request.params.id) : null;
    if (small !== null) file.stream.destroy();
    const { type, bytes, stream } = small ?? file;
    const inline = INLINE.has(type);
    return reply
      .header("content-type", inline ? type : "application/octet-stream").header("content-length", bytes)
      .header("content-disposition", `${inline ? "inline" : "attachment"}; filename*=UTF-8''${encodeURIComponent(file.name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`)
      .header("x-content-type-options", "nosniff").header("cache-control", "private, max-age=3600")
      .header("content-security-policy", "default-src 'none'; sandbox")
      .send(stream);
  });
}
