/** The walls of the house, as the README of each room tells them: who may import whom, and how long a file may be. */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const filesUnder = (folder: string): string[] => readdirSync(join(root, folder), { withFileTypes: true })
  .flatMap((entry) => (entry.isDirectory() ? filesUnder(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]));
const isSource = (file: string) => /\.tsx?$/.test(file);
const sources = ["src", "widget"].flatMap(filesUnder).filter(isSource);
const read = (file: string) => readFileSync(join(root, file), "utf8");

interface Import { from: string; target: string; typeOnly: boolean }
const IMPORT = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

/** Every import of a file; `target` is a path from the root for our own files, else a package's name. */
function importsOf(file: string): Import[] {
  return [...read(file).matchAll(IMPORT)].map((match) => {
    const name = match[2] ?? match[3]!;
    return { from: file, typeOnly: match[1] !== undefined, target: name.startsWith(".") ? posix.normalize(posix.join(posix.dirname(file), name)) : name };
  });
}
const imports = sources.flatMap(importsOf);
const isOurs = (target: string) => target.startsWith("src/") || target.startsWith("widget/");
const inside = (folder: string) => (file: string) => file.startsWith(`${folder}/`);
const show = (wrong: Import[]) => wrong.map(({ from, target }) => `${from} imports ${target}`);

/** Rooms around core see core, themselves, http and shared-ui, nothing else of ours. */
const ROOMS = ["channels", "bridge", "automation", "web-admin", "files"];
const VENDOR_ROOMS = ["channels", "bridge"];

describe("imports keep to the walls", () => {
  test("the sources are found and read", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(imports.filter(({ target }) => isOurs(target)).length).toBeGreaterThan(100);
  });

  test("every relative import names a file that is there, with its ending", () => {
    const broken = imports.filter(({ target }) => isOurs(target) && !existsSync(join(root, target)));
    expect(show(broken)).toEqual([]);
  });

  test("core/model imports nothing of ours but itself", () => {
    expect(show(imports.filter(({ from, target }) => inside("src/core/model")(from) && isOurs(target) && !inside("src/core/model")(target)))).toEqual([]);
  });

  test("core imports only core", () => {
    expect(show(imports.filter(({ from, target }) => inside("src/core")(from) && isOurs(target) && !inside("src/core")(target)))).toEqual([]);
  });

  test.each([...ROOMS, "http"])("%s imports only core, http, shared-ui and itself", (room) => {
    const mayImport = (target: string) => ["src/core", "src/http", "src/shared-ui", `src/${room}`].some((folder) => inside(folder)(target));
    expect(show(imports.filter(({ from, target }) => inside(`src/${room}`)(from) && isOurs(target) && !mayImport(target)))).toEqual([]);
  });

  test.each(VENDOR_ROOMS)("a vendor in %s never sees a sibling vendor", (room) => {
    const shared = new Set(["shared", "commands"]);
    const vendorOf = (file: string) => { const parts = file.split("/"); return inside(`src/${room}`)(file) && parts.length > 3 && !shared.has(parts[2]!) ? parts[2]! : null; };
    const wrong = imports.filter(({ from, target }) => { const [mine, theirs] = [vendorOf(from), vendorOf(target)]; return mine !== null && theirs !== null && mine !== theirs; });
    expect(show(wrong)).toEqual([]);
  });

  test("mongo and shared-ui stand alone", () => {
    for (const room of ["src/mongo", "src/shared-ui"]) {
      expect(show(imports.filter(({ from, target }) => inside(room)(from) && isOurs(target) && !inside(room)(target)))).toEqual([]);
    }
  });

  test("nothing imports the command line or the composition root, but they themselves", () => {
    const top = (file: string) => file === "src/main.ts" || inside("src/cli")(file);
    expect(show(imports.filter(({ from, target }) => top(target) && !inside("src/cli")(from)))).toEqual([]);
  });

  test("the widget takes only types, and only from src/channels/widget/wire.ts and shared-ui's styles", () => {
    const wrong = imports.filter(({ from, target, typeOnly }) => inside("widget")(from) && inside("src")(target)
      && !(typeOnly && target === "src/channels/widget/wire.ts") && !inside("src/shared-ui")(target));
    expect(show(wrong)).toEqual([]);
  });

  test("only core/store imports mongoose, only the scheduler imports agenda", () => {
    expect(show(imports.filter(({ from, target }) => target === "mongoose" && !inside("src/core/store")(from)))).toEqual([]);
    expect(show(imports.filter(({ from, target }) => (target === "agenda" || target.startsWith("@agendajs/")) && from !== "src/automation/scheduler.ts"))).toEqual([]);
    expect(imports.some(({ target }) => target === "mongoose")).toBe(true);
  });

  test("core and shared parts of rooms know no vendor's library", () => {
    const vendors = ["grammy", "discord.js", "@slack/bolt", "fastify"];
    expect(show(imports.filter(({ from, target, typeOnly }) => inside("src/core")(from) && !typeOnly && vendors.includes(target)))).toEqual([]);
  });
});

test("only config.ts reads the environment", () => {
  // XDG_RUNTIME_DIR is no setting of ours: it is where the system keeps sockets, found as os.tmpdir() finds its own.
  const textOf = (file: string) => (file === "src/mongo/embedded/socket-path.ts" ? read(file).replace('process.env["XDG_RUNTIME_DIR"]', "") : read(file));
  const readers = sources.filter((file) => /\bprocess\.env\b/.test(textOf(file)));
  expect(readers).toEqual(["src/config.ts"]);
});

test("no clock of its own in core: times come from the injected clock", () => {
  const own = sources.filter((file) => inside("src/core")(file) && /\bDate\.now\(|new Date\(\)/.test(read(file)));
  expect(own).toEqual([]);
});

test("no source file is longer than 350 lines", () => {
  const long = sources.map((file) => ({ file, lines: read(file).split("\n").length - 1 })).filter(({ lines }) => lines > 350);
  expect(long.map(({ file, lines }) => `${file}: ${lines} lines`)).toEqual([]);
});

test("every room opens with a README of about ten lines", () => {
  const rooms = readdirSync(join(root, "src")).map((name) => `src/${name}`).filter((path) => statSync(join(root, path)).isDirectory());
  const without = rooms.filter((room) => !existsSync(join(root, room, "README.md")));
  expect(without).toEqual([]);
  const long = rooms.filter((room) => read(`${room}/README.md`).trim().split("\n").length > 20);
  expect(long).toEqual([]);
});

test("no file of the project names a folder of one machine", () => {
  const marks = [`${sep}work${sep}`, `${sep}root${sep}`, `${sep}home${sep}`];
  const files = [...sources, ...["scripts", "bin", "docs", "tests"].flatMap(filesUnder)].filter((file) => /\.(tsx?|mjs|md|json|css|html)$/.test(file) && !inside("tests/fixtures")(file) && file !== relative(root, fileURLToPath(import.meta.url)));
  const wrong = files.filter((file) => marks.some((mark) => new RegExp(`(^|[\\s"'\`(=])${mark}\\w`).test(read(file))));
  expect(wrong).toEqual([]);
});
