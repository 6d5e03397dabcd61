/** Serves what the build made of `widget/`: the loader for host pages and the frame's own page. */
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyPluginAsync } from "fastify";
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import { allowedOrigins, createInboxes } from "./inboxes.ts";
import { frameAncestors } from "./origins.ts";

const TYPES: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".png": "image/png",
};
/** A file named by its content never changes. */
const NEVER_CHANGES = "public, max-age=31536000, immutable";
const LOADER_LIFE = "public, max-age=300, stale-while-revalidate=86400";

interface BuiltFile { name: string; type: string; content: Buffer; version: string }

/** `folder` holds the built widget: loader.js, index.html, app.js, app.css and fonts. Read once, at the first request. */
export const widgetPages = (core: Core, folder: string): FastifyPluginAsync => async (app) => {
  const inboxes = createInboxes(core);
  let files: Promise<Map<string, BuiltFile>> | undefined;
  const built = async (name: string): Promise<BuiltFile> => {
    files ??= readFiles(folder);
    const all = await files.catch((error: unknown) => {
      files = undefined;
      core.log.error({ err: error }, "The widget is not built: run npm run build.");
      throw new UserError("NOT_READY", "The chat's files are not built yet. Run npm run build, then reload.");
    });
    const file = all.get(name);
    if (file === undefined) throw new UserError("NOT_FOUND", "There is no such file.");
    return file;
  };

  app.get("/widget/loader.js", async (request, reply) => {
    const file = await built("loader.js");
    reply.header("cache-control", LOADER_LIFE).header("etag", `"${file.version}"`).header("cross-origin-resource-policy", "cross-origin").header("x-content-type-options", "nosniff");
    if (request.headers["if-none-match"] === `"${file.version}"`) return reply.code(304).send();
    return reply.type(file.type).send(file.content);
  });

  app.get<{ Querystring: { inbox?: unknown } }>("/widget/frame/", async (request, reply) => {
    const page = await built("index.html");
    const key = request.query.inbox;
    const inbox = typeof key === "string" ? await inboxes.byKey(key) : null;
    const versions = await Promise.all(["app.js", "app.css"].map(built));
    const html = versions.reduce((text, file) => text.replaceAll(`"${file.name}"`, `"${file.name}?v=${file.version}"`), page.content.toString("utf8"));
    // an unknown key shows its reason in the frame, and has nothing to protect
    const ancestors = inbox === null ? "*" : frameAncestors(allowedOrigins(inbox));
    return reply
      .header("content-security-policy", `default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' blob: data: https:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors ${ancestors}`)
      .header("cache-control", "no-cache").header("x-content-type-options", "nosniff").header("referrer-policy", "no-referrer")
      .type(page.type).send(html);
  });

  app.get<{ Params: { name: string }; Querystring: { v?: unknown } }>("/widget/frame/:name", async (request, reply) => {
    const { name } = request.params;
    if (name === "loader.js" || name === "index.html") throw new UserError("NOT_FOUND", "There is no such file.");
    const file = await built(name);
    const fixed = request.query.v === file.version || extname(name) === ".woff2";
    return reply.header("cache-control", fixed ? NEVER_CHANGES : "no-cache").header("etag", `"${file.version}"`).header("x-content-type-options", "nosniff").type(file.type).send(file.content);
  });
};

async function readFiles(folder: string): Promise<Map<string, BuiltFile>> {
  const names = (await readdir(folder)).filter((name) => extname(name) in TYPES);
  const files = await Promise.all(names.map(async (name): Promise<[string, BuiltFile]> => {
    const content = await readFile(join(folder, name));
    return [name, { name, type: TYPES[extname(name)]!, content, version: createHash("sha256").update(content).digest("base64url").slice(0, 16) }];
  }));
  if (!names.includes("loader.js") || !names.includes("index.html")) throw new Error(`${folder} holds no built widget.`);
  return new Map(files);
}
