/** Serves what the build made of `spa/`: one page for every address under `/admin/`, and its files. The page holds no data; the calls behind it ask who asks. */
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { UserError } from "../core/errors.ts";

const TYPES: Record<string, string> = { ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".woff2": "font/woff2" };
const NEVER_CHANGES = "public, max-age=31536000, immutable";
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

interface BuiltFile { type: string; content: Buffer; version: string }

async function readBuilt(folder: string): Promise<Map<string, BuiltFile>> {
  const names = (await readdir(folder)).filter((name) => extname(name) in TYPES);
  return new Map(await Promise.all(names.map(async (name): Promise<[string, BuiltFile]> => {
    const content = await readFile(join(folder, name));
    return [name, { type: TYPES[extname(name)]!, content, version: createHash("sha256").update(content).digest("base64url").slice(0, 16) }];
  })));
}

/** `folder` holds index.html, app.js, app.css and fonts. `secure`: browsers reach us over HTTPS, and shall never try anything else. */
export const adminPages = (folder: string, { secure }: { secure: boolean }): FastifyPluginAsync => async (app) => {
  let files: Promise<Map<string, BuiltFile>> | undefined;
  const built = async (name: string): Promise<BuiltFile> => {
    files ??= readBuilt(folder);
    const all = await files.catch((error: unknown) => {
      files = undefined;
      app.log.error({ err: error }, "The admin's page is not built: run npm run build.");
      throw new UserError("NOT_READY", "The admin's page is not built yet. Run npm run build, then reload.");
    });
    const file = all.get(name);
    if (file === undefined) throw new UserError("NOT_FOUND", "There is no such file.");
    return file;
  };

  async function page(reply: FastifyReply): Promise<FastifyReply> {
    const { content, type } = await built("index.html");
    let html = content.toString("utf8");
    for (const name of ["app.js", "app.css"]) html = html.replaceAll(`"/admin/files/${name}"`, `"/admin/files/${name}?v=${(await built(name)).version}"`);
    return reply.headers({
      "content-security-policy": POLICY, "cache-control": "no-cache", "x-frame-options": "DENY", "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin",
      "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()", ...(secure ? { "strict-transport-security": "max-age=31536000" } : {}),
    }).type(type).send(html);
  }

  app.addHook("onSend", async (_request, reply) => { reply.header("cross-origin-resource-policy", "same-origin"); });
  app.get("/admin", async (_request, reply) => reply.redirect("/admin/"));
  app.get("/admin/", async (_request, reply) => page(reply));
  app.get("/admin/:page", async (_request, reply) => page(reply));
  app.get<{ Params: { name: string }; Querystring: { v?: unknown } }>("/admin/files/:name", async (request, reply) => {
    const { name } = request.params;
    if (name === "index.html") throw new UserError("NOT_FOUND", "There is no such file.");
    const file = await built(name);
    const fixed = request.query.v === file.version || extname(name) === ".woff2";
    return reply.header("cache-control", fixed ? NEVER_CHANGES : "no-cache").type(file.type).send(file.content);
  });
};
