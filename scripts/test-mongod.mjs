// `npm run test:mongod`: the unit and flow tests on a real MongoDB.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { bootstrap, fail } from "./bootstrap.mjs";
import { finish, vitest } from "./checks.mjs";

const runs = (file) => { try { accessSync(file, constants.X_OK); return true; } catch { return false; } };
const onPath = () => (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, process.platform === "win32" ? "mongod.exe" : "mongod")).find(runs);

const binary = process.env.MONGOD_BINARY || onPath();
if (!process.env.MONGODB_URI && binary === undefined && !process.argv.includes("--download")) {
  fail("There is no MongoDB to test on. Set MONGODB_URI to one, or MONGOD_BINARY to a mongod, or put mongod on PATH; or run `npm run test:mongod -- --download` to have MongoDB's own fetched from fastdl.mongodb.org.");
}
await bootstrap();

/** Starts the mongod at hand on an empty folder; with --download, MongoDB's own is fetched when there is none. */
async function startMongod() {
  const { MongoMemoryServer } = await import("mongodb-memory-server-core");
  try {
    return await MongoMemoryServer.create(binary === undefined ? {} : { binary: { systemBinary: binary, checkMD5: false } });
  } catch (error) {
    return fail(`${binary ?? "MongoDB's download"} could not be started: ${error.message}`);
  }
}

const server = process.env.MONGODB_URI ? null : await startMongod();
const uri = process.env.MONGODB_URI || server.getUri();
const { MongoClient } = await import("mongodb");
const client = new MongoClient(uri, { serverSelectionTimeoutMS: 10_000 });
try {
  const { version } = await client.db("admin").command({ buildInfo: 1 });
  console.log(`Testing on MongoDB ${version}.`);
} catch (error) {
  await server?.stop();
  fail(`No MongoDB answers at ${process.env.MONGODB_URI ? "MONGODB_URI" : "the server just started"}: ${error.message}`);
} finally {
  await client.close();
}
const counts = await vitest("unit and flow tests on MongoDB", { env: { THREADLINE_TEST_MONGODB_URI: uri } });
await server?.stop();
finish([counts]);
