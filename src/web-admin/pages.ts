/** Serves what the build made of `spa/` (one page for every address under `/admin/`) and of `docs/` (at `/api/docs`), with their files. The pages hold no data; the calls behind them ask who asks. */
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

interface Served { base: string; /** Addresses of the page besides `base/`. */ pages: string[]; name: string; secure: boolean }

/** `folder` holds index.html, app.js, app.css and fonts. `secure`: browsers reach us over HTTPS, and shall never try anything else. */
const pagesOf = (folder: string, { base, pages, name: called, secure }: Served): FastifyPluginAsync => async (app) => {
  let files: Promise<Map<string, BuiltFile>> | undefined;
  const built = async (name: string): Promise<BuiltFile> => {
    files ??= readBuilt(folder);
    const all = await files.catch((error: unknown) => {
      files = undefined;
      app.log.error({ err: error }, `The page of ${called} is not built: run npm run build.`);
      throw new UserError("NOT_READY", `The page of ${called} is not built yet. Run npm run build, then reload.`);
    });
    const file = all.get(name);
    if (file === undefined) throw new UserError("NOT_FOUND", "There is no such file.");
    return file;
  };

  async function page(reply: FastifyReply): Promise<FastifyReply> {
    const { content, type } = await built("index.html");
    let html = content.toString("utf8");
    for (const name of ["app.js", "app.css"]) html = html.replaceAll(`"${base}/files/${name}"`, `"${base}/files/${name}?v=${(await built(name)).version}"`);
    return reply.headers({
      "content-security-policy": POLICY, "cache-control": "no-cache", "x-frame-options": "DENY", "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin",
      "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()", ...(secure ? { "strict-transport-security": "max-age=31536000" } : {}),
    }).type(type).send(html);
  }

  app.addHook("onSend", async (_request, reply) => { reply.header("cross-origin-resource-policy", "same-origin"); });
  app.get(base, async (_request, reply) => reply.redirect(`${base}/`));
  for (const address of ["/", ...pages]) app.get(`${base}${address}`, async (_request, reply) => page(reply));
  app.get<{ Params: { name: string }; Querystring: { v?: unknown } }>(`${base}/files/:name`, async (request, reply) => {
    const { name } = request.params;
    if (name === "index.html") throw new UserError("NOT_FOUND", "There is no such file.");
    const file = await built(name);
    const fixed = request.query.v === file.version || extname(name) === ".woff2";
    return reply.header("cache-control", fixed ? NEVER_CHANGES : "no-cache").type(file.type).send(file.content);
  });
};

export const adminPages = (folder: string, { secure }: { secure: boolean }): FastifyPluginAsync => pagesOf(folder, { base: "/admin", pages: ["/:page"], name: "the admin", secure });
export const docsPages = (folder: string, { secure }: { secure: boolean }): FastifyPluginAsync => pagesOf(folder, { base: "/api/docs", pages: [], name: "the API", secure });
