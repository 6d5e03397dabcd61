/** Serves what the build made of `ui/`, and sends whoever opens the server's address to it. */
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyPluginAsync } from "fastify";
import { UserError } from "../../core/errors.ts";

const TYPES: Record<string, string> = { ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".woff2": "font/woff2" };
const NEVER_CHANGES = "public, max-age=31536000, immutable";

interface BuiltFile { type: string; content: Buffer; version: string }

/** `folder` holds the built page: index.html, app.js, app.css and fonts. Read once, at the first request. */
export const playgroundPages = (folder: string): FastifyPluginAsync => async (app) => {
  let files: Promise<Map<string, BuiltFile>> | undefined;
  const built = async (name: string): Promise<BuiltFile> => {
    files ??= readFiles(folder);
    const all = await files.catch((error: unknown) => {
      files = undefined;
      app.log.error({ err: error }, "The playground's page is not built: run npm run build.");
      throw new UserError("NOT_READY", "The playground's page is not built yet. Run npm run build, then reload.");
    });
    const file = all.get(name);
    if (file === undefined) throw new UserError("NOT_FOUND", "There is no such file.");
    return file;
  };

  app.get("/", async (_request, reply) => reply.redirect("/playground/"));
  app.get("/playground", async (_request, reply) => reply.redirect("/playground/"));

  app.get("/playground/", async (_request, reply) => {
    const page = await built("index.html");
    let html = page.content.toString("utf8");
    for (const name of ["app.js", "app.css"]) html = html.replaceAll(`"${name}"`, `"${name}?v=${(await built(name)).version}"`);
    return reply.header("cache-control", "no-cache").type(page.type).send(html);
  });

  app.get<{ Params: { name: string }; Querystring: { v?: unknown } }>("/playground/:name", async (request, reply) => {
    const { name } = request.params;
    if (name === "index.html") throw new UserError("NOT_FOUND", "There is no such file.");
    const file = await built(name);
    const fixed = request.query.v === file.version || extname(name) === ".woff2";
    return reply.header("cache-control", fixed ? NEVER_CHANGES : "no-cache").type(file.type).send(file.content);
  });
};

async function readFiles(folder: string): Promise<Map<string, BuiltFile>> {
  const names = (await readdir(folder)).filter((name) => extname(name) in TYPES);
  return new Map(await Promise.all(names.map(async (name): Promise<[string, BuiltFile]> => {
    const content = await readFile(join(folder, name));
    return [name, { type: TYPES[extname(name)]!, content, version: createHash("sha256").update(content).digest("base64url").slice(0, 16) }];
  })));
}
