/** The loader and the frame's page, as a browser gets them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { widgetPages } from "../../src/channels/widget/pages.ts";
import { buildServer } from "../../src/server.ts";
import { buildWidget } from "../support/widget.ts";

const FILES = { "loader.js": "loader()", "app.js": "app()", "app.css": "body{}", "inter-latin-ABC123.woff2": "font", "index.html": '<link rel="stylesheet" href="app.css"><script type="module" src="app.js"></script>', ".stamp": "x" };

async function buildPages(built: boolean) {
  const folder = mkdtempSync(join(tmpdir(), "threadline-pages-"));
  if (built) for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  const w = await buildWidget({ allowedOrigins: ["https://shop.example", "https://*.shop.example"] });
  await w.addInbox("open", ["*"]);
  const app = await buildServer({ plugins: [widgetPages(w.core, folder)], log: pino({ level: "silent" }), trustProxy: false });
  onTestFinished(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });
  return (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });
}

test("the loader is kept shortly, the frame's files for good, its page never without asking", async () => {
  const get = await buildPages(true);
  const loader = await get("/widget/loader.js");
  expect([loader.statusCode, loader.body, loader.headers["content-type"]]).toEqual([200, "loader()", "text/javascript; charset=utf-8"]);
  expect(loader.headers).toMatchObject({ "cache-control": expect.stringContaining("max-age=300"), "cross-origin-resource-policy": "cross-origin" });
  expect((await get("/widget/loader.js", { "if-none-match": String(loader.headers["etag"]) })).statusCode).toBe(304);

  const page = await get("/widget/frame/?inbox=demo");
  expect(page.headers["cache-control"]).toBe("no-cache");
  const [, script] = /src="(app\.js\?v=[^"]+)"/.exec(page.body)!;
  const app = await get(`/widget/frame/${script}`);
  expect([app.body, app.headers["cache-control"]]).toEqual(["app()", expect.stringContaining("immutable")]);
  expect((await get("/widget/frame/app.js")).headers["cache-control"]).toBe("no-cache");
  expect((await get("/widget/frame/inter-latin-ABC123.woff2")).headers).toMatchObject({ "content-type": "font/woff2", "cache-control": expect.stringContaining("immutable") });
});

test("only an inbox's own sites may frame its chat, its page runs nothing but its own script, and no other file is there", async () => {
  const get = await buildPages(true);
  const policy = async (url: string) => String((await get(url)).headers["content-security-policy"]);
  expect(await policy("/widget/frame/?inbox=demo")).toMatch(/frame-ancestors 'self' https:\/\/shop\.example https:\/\/\*\.shop\.example$/);
  expect(await policy("/widget/frame/?inbox=open")).toMatch(/frame-ancestors \*$/);
  expect(await policy("/widget/frame/?inbox=demo")).toContain("script-src 'self';");
  expect((await get("/widget/frame/?inbox=demo")).headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
  for (const name of ["..%2fsecret", ".stamp", "index.html", "nothing.js", "loader.js", "%00"]) {
    const { statusCode, body } = await get(`/widget/frame/${name}`);
    expect([400, 404], name).toContain(statusCode);
    expect(JSON.parse(body), name).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  }
});

test("without a build it says what to run", async () => {
  const get = await buildPages(false);
  const answer = await get("/widget/loader.js");
  expect([answer.statusCode, answer.json()]).toEqual([503, { code: "NOT_READY", message: expect.stringContaining("npm run build") }]);
});
