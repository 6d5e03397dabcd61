// Builds what runs from dist/ (store worker, server, widget, playground, admin, API docs), each part only when its sources changed.
import { build, stop } from "esbuild";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (path) => join(root, path);

const node = { bundle: true, packages: "external", platform: "node", target: "node20", format: "esm", splitting: true, sourcemap: true, logLevel: "warning" };
const browser = {
  bundle: true, minify: true, platform: "browser", target: "es2022", format: "esm", logLevel: "warning",
  jsx: "automatic", jsxImportSource: "preact", loader: { ".woff2": "file", ".svg": "text" }, assetNames: "[name]-[hash]",
};

const buildPage = async (folder, out) => {
  await build({ ...browser, entryPoints: { app: at(`${folder}/main.tsx`) }, outdir: at(`dist/${out}`) });
  copyFileSync(at(`${folder}/index.html`), at(`dist/${out}/index.html`));
};

const DAY_MS = 86_400_000;
/** What a build before the last day left behind; a server that still runs may yet load its younger files. */
function forgetOld(folder, { outputs }) {
  for (const name of readdirSync(at(folder))) {
    if (!Object.hasOwn(outputs, `${folder}/${name}`) && Date.now() - statSync(at(`${folder}/${name}`)).mtimeMs > DAY_MS) rmSync(at(`${folder}/${name}`));
  }
}

const parts = {
  store: {
    sources: ["src/mongo/embedded"],
    run: () => build({ ...node, entryPoints: { "store-worker": at("src/mongo/embedded/worker.ts") }, outdir: at("dist/store") }),
  },
  server: {
    sources: ["src"],
    run: async () => {
      const { metafile } = await build({ ...node, entryPoints: { cli: at("src/cli/main.ts") }, outdir: at("dist/server"), metafile: true, absWorkingDir: root });
      forgetOld("dist/server", metafile);
    },
  },
  widget: {
    sources: ["widget", "src/shared-ui", "src/channels/widget/wire.ts"],
    run: async () => {
      await buildPage("widget/frame", "widget");
      await build({ ...browser, format: "iife", target: "es2020", entryPoints: [at("widget/loader.ts")], outfile: at("dist/widget/loader.js") });
    },
  },
  playground: { sources: ["src/bridge/playground", "src/shared-ui"], run: () => buildPage("src/bridge/playground/ui", "playground") },
  admin: { sources: ["src/web-admin", "src/shared-ui"], run: () => buildPage("src/web-admin/spa", "admin") },
  "api-docs": { sources: ["src/web-admin/docs", "src/shared-ui"], run: () => buildPage("src/web-admin/docs", "api-docs") },
};

const filesUnder = (path) =>
  statSync(path).isFile() ? [path] : readdirSync(path, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? filesUnder(join(path, e.name)) : [join(path, e.name)]));

/** Hash of path, size and modification time of a part's sources and of what builds them. */
function stampOf(sources) {
  const hash = createHash("sha256");
  for (const file of [...sources.map(at).filter(existsSync).flatMap(filesUnder), at("package-lock.json"), fileURLToPath(import.meta.url)].sort()) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/** Builds the named parts (all, when none is named) that are stale; answers the names of those built. */
export async function ensureBuilt({ only = Object.keys(parts), say = () => {} } = {}) {
  const stale = only.map((name) => ({ name, ...parts[name], stamp: stampOf(parts[name].sources), file: at(`dist/.stamp-${name}`) }))
    .filter((part) => !existsSync(part.file) || readFileSync(part.file, "utf8") !== part.stamp);
  if (stale.length === 0) return [];
  say(`Building ${stale.map((part) => part.name).join(", ")} …`);
  mkdirSync(at("dist"), { recursive: true });
  await Promise.all(stale.map(async (part) => { await part.run(); writeFileSync(part.file, part.stamp); }));
  // Its helper process would stay beside the server.
  await stop();
  return stale.map((part) => part.name);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await ensureBuilt({ say: (line) => console.log(line) });
