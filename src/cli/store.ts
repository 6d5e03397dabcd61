/** `threadline store serve --tcp PORT`: the embedded store alone, for tools and for several processes on one machine. */
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";

export const store: Command = {
  name: "store",
  usage: "store serve --tcp PORT",
  help: "Run the embedded store alone on a loopback port (0: any free one); others use it as MONGODB_URI=mongodb://127.0.0.1:PORT/threadline.",
  async run({ args, config, signal }) {
    const port = Number(args[2]);
    if (args[0] !== "serve" || args[1] !== "--tcp" || args.length !== 3 || !Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new CommandError("Name the port: npx threadline store serve --tcp 27017", 2);
    }
    const { storeServe } = await import("./store-serve.ts");
    await storeServe({ dataDir: config.dataDir, tcpPort: port, signal });
    return 0;
  },
};
