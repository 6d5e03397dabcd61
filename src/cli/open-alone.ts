/** What a command works on when no server answers: the store that another process runs on this DATA_DIR, else its files. */
import type { Config } from "../config.ts";
import { createLog } from "../log.ts";
import { liveStoreUri } from "../mongo/connect.ts";
import { openParts } from "../boot/open-parts.ts";
import type { OpenParts } from "../boot/open-parts.ts";

export async function openAlone(config: Config): Promise<OpenParts> {
  return openParts(config, createLog("warn"), undefined, config.mongodbUri ?? await liveStoreUri(config.dataDir));
}
