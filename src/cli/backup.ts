/** `threadline backup <file>`: a consistent copy of the embedded store, also while the server runs. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export const backup: Command = {
  name: "backup",
  usage: "backup <file>",
  help: "Copy the embedded store into one file, also while the server runs.",
  async run({ args, config, print, signal }) {
    const [name] = args;
    if (name === undefined || args.length > 1) throw new CommandError("Name the file to write: npx threadline backup threadline.backup", 2);
    if (config.mongodbUri !== undefined) throw new CommandError("MONGODB_URI is set, so the data is in your MongoDB: back it up with mongodump, or copy it with: npx threadline export <folder>");
    const file = resolve(name);
    if (await stat(file).then(() => true, () => false)) throw new CommandError(`${name} exists already, and no backup is written over. Choose another name.`);
    if (!(await stat(resolve(config.dataDir, "db")).then(() => true, () => false))) throw new CommandError(`There is no embedded store in ${config.dataDir}, so there is nothing to back up. Set DATA_DIR to the folder that the server uses.`);
    const { backupStore } = await import("../mongo/care.ts");
    print("Copying the store …");
    const note = await backupStore({ dataDir: config.dataDir, file, now: new Date(), signal });
    print(`${file} holds everything up to ${note.createdAt} (${megabytes(note.bytes)}, SHA-256 ${note.sha256.slice(0, 16)}…).`);
    print("The key that stored tokens are encrypted with is not in it: keep secret.key of the data folder, or SECRET_KEY, somewhere else.");
    return 0;
  },
};
