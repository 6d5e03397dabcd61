/** `threadline store serve --tcp PORT`: the embedded store alone, for tools and for several processes on one machine. `threadline store check`: whether all of it agrees. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";

/** Validates every collection, in the running store when there is one. */
async function check(config: Config, print: (line: string) => void): Promise<number> {
  if (config.mongodbUri === undefined && !(await stat(join(config.dataDir, "db")).then(() => true, () => false))) {
    throw new CommandError(`There is no embedded store in ${config.dataDir}. Set DATA_DIR to the folder that the server uses.`);
  }
  const { checkAll, withStore } = await import("../mongo/care.ts");
  const look = (uri: string) => checkAll(uri, ({ ns, records, indexes, errors }) => {
    print(`${errors.length === 0 ? "✓" : "✗"} ${ns}: ${records} documents, ${indexes} indexes`);
    for (const error of errors) print(`    ${error}`);
  });
  const found = await (config.mongodbUri === undefined ? withStore(config.dataDir, look) : look(config.mongodbUri));
  const bad = found.filter(({ errors }) => errors.length > 0).length;
  print(bad === 0 ? "Documents, indexes and counts agree." : `${bad} collections are damaged: stop the server and restore a backup (npx threadline restore <file>).`);
  return bad === 0 ? 0 : 1;
}

export const store: Command = {
  name: "store",
  usage: "store serve --tcp PORT | check",
  help: "Run the embedded store alone on a loopback port (0: any free one); others use it as MONGODB_URI=mongodb://127.0.0.1:PORT/threadline. Or check that its documents, indexes and counts agree.",
  async run({ args, config, print, signal }) {
    if (args[0] === "check" && args.length === 1) return check(config, print);
    const port = Number(args[2]);
    if (args[0] !== "serve" || args[1] !== "--tcp" || args.length !== 3 || !Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new CommandError("Name the port: npx threadline store serve --tcp 27017", 2);
    }
    const { storeServe } = await import("./store-serve.ts");
    await storeServe({ dataDir: config.dataDir, tcpPort: port, signal });
    return 0;
  },
};
