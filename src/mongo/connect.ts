import { existsSync } from "node:fs";
import { join } from "node:path";
import { startStore, StoreStartError, type RunningStore } from "./embedded/client.ts";
import { folderId, socketPath } from "./embedded/socket-path.ts";
import { MongoError, type MongoErrorCode } from "./errors.ts";
import { hello } from "./probe.ts";

/** A MongoDB that answers. `stop` ends the embedded store; of a MongoDB of yours it closes nothing. */
export interface MongoHandle {
  uri: string;
  kind: "embedded" | "mongodb";
  stop(): Promise<void>;
}

export interface ConnectOptions {
  /** MONGODB_URI; empty or undefined: the embedded store. */
  uri?: string | undefined;
  /** Folder of Threadline's data; the embedded store lies in `db` under it. */
  dataDir: string;
  /** Leave expired documents: for a copy that is compared with something. */
  keepExpired?: boolean;
  /** Called when the embedded store's worker ends by itself: the process must be restarted. */
  onWorkerDeath?: (error: Error) => void;
  /** Errors inside the embedded store, for the log. */
  onInternalError?: (error: Error) => void;
}

const READ_ONLY: ReadonlySet<string> = new Set(["EACCES", "EROFS", "EPERM"]);
const PING_MS = 5_000;
const DATABASE = "threadline";

/** MONGODB_URI given: checked with a ping and used; else the embedded store in `${dataDir}/db`. @throws MongoError codes for humans */
export async function connectMongo(o: ConnectOptions): Promise<MongoHandle> {
  if (o.uri) return checkUri(o.uri);
  const store = await start({ dir: join(o.dataDir, "db"), keepExpired: o.keepExpired, onDeath: o.onWorkerDeath, onInternalError: o.onInternalError });
  const answered = await hello(store.port === undefined ? { path: decodeURIComponent(store.host) } : { port: store.port });
  if (answered["threadlineFolder"] !== store.folderId) {
    await store.stop();
    throw new MongoError("STORE_MISMATCH", `The store that answers is not the one of ${o.dataDir}. Stop other Threadline processes of this user and start again.`);
  }
  return { uri: embeddedUri(store.host), kind: "embedded", stop: store.stop };
}

/** The embedded store of a data folder when another process (or this one) is running it: CLI commands use it instead of the files. */
export async function liveStoreUri(dataDir: string): Promise<string | undefined> {
  const dir = join(dataDir, "db");
  if (!existsSync(dir)) return undefined;
  const path = socketPath(dir);
  if (!path || !existsSync(path)) return undefined;
  try {
    return (await hello({ path }))["threadlineFolder"] === folderId(dir) ? embeddedUri(encodeURIComponent(path)) : undefined;
  } catch {
    return undefined;
  }
}

/** Starts a store of a folder, with errors in words. */
export async function start(o: Parameters<typeof startStore>[0]): Promise<RunningStore> {
  try {
    return await startStore(o);
  } catch (error) {
    const code = error instanceof StoreStartError ? error.code : "STORE_FAILED";
    if (READ_ONLY.has(code)) throw new MongoError("STORE_READ_ONLY", `The data folder ${o.dir} can not be written (${code}). Make it writable for this user, or set DATA_DIR to a folder that is.`, { cause: error });
    const known: MongoErrorCode = code === "STORE_IN_USE" || code === "STORE_NOT_BUILT" || code === "STORE_FORMAT" ? code : "STORE_FAILED";
    throw new MongoError(known, (error as Error).message.replace(/^[A-Z_]+: /, ""), { cause: error });
  }
}

const embeddedUri = (host: string) => `mongodb://${host}/${DATABASE}`;

async function checkUri(uri: string): Promise<MongoHandle> {
  const { MongoClient } = await import("mongodb");
  let client: InstanceType<typeof MongoClient>;
  try {
    client = new MongoClient(uri, { serverSelectionTimeoutMS: PING_MS });
  } catch (cause) {
    throw new MongoError("MONGODB_URI_INVALID", "MONGODB_URI is not a MongoDB address. It looks like mongodb://user:password@host:27017/threadline.", { cause });
  }
  try {
    await client.db().command({ ping: 1 });
  } catch (cause) {
    const name = (cause as Error).name;
    if (name === "MongoServerError") throw new MongoError("MONGODB_REFUSED", "The MongoDB at MONGODB_URI answered but refused: check user, password and authSource.", { cause });
    throw new MongoError("MONGODB_UNREACHABLE", `No MongoDB answers at MONGODB_URI within ${PING_MS / 1000} s: check host, port, firewall and TLS options.`, { cause });
  } finally {
    await client.close();
  }
  return { uri, kind: "mongodb", stop: async () => {} };
}
