/** `threadline export <folder>` and `threadline import <folder>`: everything from one database into another, between the embedded store and any MongoDB. */
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Config } from "../config.ts";
import type { MoveOptions } from "../mongo/export.ts";
import { CommandError } from "./command.ts";
import type { Command, CommandInput } from "./command.ts";
import { findRunningServer } from "./running-server.ts";

const care = () => import("../mongo/care.ts");
const exists = (path: string) => stat(path).then(() => true, () => false);
const plural = (n: number) => `${n.toLocaleString("en")} ${n === 1 ? "document" : "documents"}`;

/** Says how far it is, one line a collection and one each 10,000 documents. */
const optionsOf = (folder: string, { print, signal }: CommandInput): MoveOptions => ({
  folder: resolve(folder), now: new Date(), signal,
  onProgress: ({ collection, done, total }) => print(`  ${collection}: ${plural(done)} of ${Math.max(total, done).toLocaleString("en")}`),
});

/** Ctrl-C is no fault: what it leaves is said. */
async function unlessStopped<R>(signal: AbortSignal, then: string, act: () => Promise<R>): Promise<R> {
  try {
    return await act();
  } catch (error) {
    throw signal.aborted ? new CommandError(`Stopped. ${then}`) : error;
  }
}

const whereIs = (config: Config) => (config.mongodbUri === undefined ? `the embedded store of ${config.dataDir}` : "the MongoDB of MONGODB_URI");

export const exportAll: Command = {
  name: "export",
  usage: "export <folder>",
  help: "Write every collection of the database in use into a new folder, compared by counts and checksums.",
  async run(input) {
    const { args: [folder, ...more], config, print, signal } = input;
    if (folder === undefined || more.length > 0) throw new CommandError("Name a new folder: npx threadline export threadline-export", 2);
    if (config.mongodbUri === undefined && !(await exists(join(config.dataDir, "db")))) throw new CommandError(`There is no embedded store in ${config.dataDir}, so there is nothing to export. Set DATA_DIR to the folder that the server uses.`);
    const [{ withClient, withSnapshot }, { exportDatabase }] = await Promise.all([care(), import("../mongo/export.ts")]);
    const write = (uri: string) => withClient(uri, (client) => exportDatabase(client.db(), optionsOf(folder, input)));
    print(`Exporting ${whereIs(config)} …`);
    const manifest = await unlessStopped(signal, `Delete ${folder}; it is no whole export.`, () => (config.mongodbUri === undefined ? withSnapshot(config.dataDir, write) : write(config.mongodbUri)));
    print(`${resolve(folder)} holds ${plural(manifest.collections.reduce((sum, { count }) => sum + count, 0))} in ${manifest.collections.length} collections, compared with the database by counts and checksums.`);
    print("To move: stop this server, set MONGODB_URI and SECRET_KEY (the key in secret.key of the data folder), run npx threadline import with this folder, then start. Export again if anything was written since.");
    return 0;
  },
};

export const importAll: Command = {
  name: "import",
  usage: "import <folder>",
  help: "Load an export into the database in use, which must be empty, and compare counts and checksums.",
  async run(input) {
    const { args: [folder, ...more], config, print, signal } = input;
    if (folder === undefined || more.length > 0) throw new CommandError("Name the export's folder: npx threadline import threadline-export", 2);
    if (!(await exists(folder))) throw new CommandError(`There is no folder ${folder}. Name one that npx threadline export wrote.`);
    const server = await findRunningServer(config.dataDir);
    if (server !== null) throw new CommandError(`The server at ${server.url} runs and writes to the database. Stop it first, then import.`);
    const [{ withClient, withStore }, { importDatabase }] = await Promise.all([care(), import("../mongo/import.ts")]);
    const read = (uri: string) => withClient(uri, (client) => importDatabase(client.db(), optionsOf(folder, input)));
    print(`Importing into ${whereIs(config)} …`);
    const manifest = await unlessStopped(signal, "Run the same command again: it goes on where it stopped.", () => (config.mongodbUri === undefined ? withStore(config.dataDir, read) : read(config.mongodbUri)));
    print(`Imported ${plural(manifest.collections.reduce((sum, { count }) => sum + count, 0))} in ${manifest.collections.length} collections; counts and checksums are those of the export of ${manifest.createdAt}.`);
    print("Start only one server on this data: stop the old one for good before you start the new one.");
    return 0;
  },
};
