/** `threadline restore <file>`: a backup in the place of the embedded store, checked first; delivery stays paused until somebody resumes it. */
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { megabytes } from "./backup.ts";
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";
import { findRunningServer } from "./running-server.ts";

/** Nothing goes to customers from a restored store until an administrator says so: what is queued in it may have been sent since. */
async function pauseDelivery(uri: string): Promise<void> {
  const { withClient } = await import("../mongo/care.ts");
  await withClient(uri, (client) => client.db().collection<{ _id: string }>("settings").updateOne({ _id: "delivery" }, { $set: { value: { paused: true, by: "restore" }, at: new Date() } }, { upsert: true }));
}

export const restore: Command = {
  name: "restore",
  usage: "restore <file>",
  help: "Check a backup and put it in the place of the embedded store; delivery to customers is paused then.",
  async run({ args, config, print, signal }) {
    const [name] = args;
    if (name === undefined || args.length > 1) throw new CommandError("Name the backup: npx threadline restore threadline.backup", 2);
    if (config.mongodbUri !== undefined) throw new CommandError("MONGODB_URI is set, so the server does not use the embedded store. Unset it to restore, or restore your MongoDB with mongorestore.");
    const file = resolve(name);
    if (!(await stat(file).then((found) => found.isFile(), () => false))) throw new CommandError(`There is no file ${name}. Name a backup that npx threadline backup wrote.`);
    const server = await findRunningServer(config.dataDir);
    if (server !== null) throw new CommandError(`The server at ${server.url} uses this data folder. Stop it first, then restore.`);
    const { restoreStore } = await import("../mongo/care.ts");
    print("Checking the backup …");
    const { note, checked, kept } = await restoreStore({ dataDir: config.dataDir, file, now: new Date(), signal, prepare: pauseDelivery });
    const documents = checked.reduce((sum, { records }) => sum + records, 0);
    print(`Restored the backup of ${note.createdAt} (${megabytes(note.bytes)}): ${documents} documents in ${checked.length} collections, each compared with its indexes.`);
    if (kept !== undefined) print(`What was there before is kept as ${kept}; delete it when you do not need it any more.`);
    if (config.secretKey === undefined && !(await stat(join(config.dataDir, "secret.key")).then(() => true, () => false))) print("secret.key is not in the data folder and SECRET_KEY is not set: put the key of that backup there before you start.");
    print("Delivery to customers is paused. Look at what is queued, then: npx threadline delivery resume");
    return 0;
  },
};
