/** The store, files and secrets that core is assembled from: the beginning of the server, and all that a command needs when none runs. */
import type { Parts } from "../assemble.ts";
import type { Config } from "../config.ts";
import type { Clock, Logger } from "../core/ports.ts";
import { openStore } from "../core/store/store.ts";
import type { Store } from "../core/store/store.ts";
import { readLimits } from "../core/settings-file/limits.ts";
import { oneAfterTheOther } from "../files/blobs.ts";
import { createGridFs } from "../files/gridfs.ts";
import { createS3 } from "../files/s3/s3.ts";
import { createClamdScan } from "../files/scan.ts";
import { fileStoreIn } from "../files/store.ts";
import { createThumbnails } from "../files/thumbnails.ts";
import { connectMongo } from "../mongo/connect.ts";
import { openSecrets, secretKeyOf } from "./secret-key.ts";

export interface OpenParts {
  parts: Parts;
  /** For Health. */
  kind: "embedded" | "mongodb";
  /** Closes the connection, then the store that was started for it. */
  close(): Promise<void>;
}

const clock: Clock = { now: () => new Date() };

/** New files go where the settings say; what was stored in the database before stays readable. */
function openFiles({ s3, virusScanner }: Config, db: Store["db"], log: Logger) {
  const inDatabase = createGridFs(db);
  const blobs = s3 === undefined ? inDatabase : oneAfterTheOther(createS3(s3, clock), inDatabase);
  return fileStoreIn(blobs, clock, { scan: virusScanner === undefined ? undefined : createClamdScan(virusScanner), thumbnails: createThumbnails(createGridFs(db, "thumbnails"), blobs, log) });
}

/** Opens the store and prepares it. `uri` may be that of a store that runs already. @throws {ConfigError} for a wrong SECRET_KEY, and what `connectMongo` throws. */
export async function openParts(config: Config, log: Logger, onStoreDeath?: (error: Error) => void, uri = config.mongodbUri): Promise<OpenParts> {
  const key = await secretKeyOf(config);
  const opened: (() => Promise<void>)[] = [];
  const close = async () => { for (const end of opened.splice(0).reverse()) await end(); };
  try {
    const mongo = await connectMongo({ uri, dataDir: config.dataDir, ...(onStoreDeath === undefined ? {} : { onWorkerDeath: onStoreDeath }) });
    opened.push(() => mongo.stop());
    const store = await openStore(mongo.uri);
    opened.push(() => store.close());
    await store.ensureIndexes();
    const secrets = await openSecrets(store, clock, key, config.secretKeyOld);
    return { parts: { store, clock, log, files: openFiles(config, store.db, log), secrets, limits: await readLimits(store) }, kind: mongo.kind, close };
  } catch (error) {
    await close();
    throw error;
  }
}
