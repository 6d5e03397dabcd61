import { StoreError } from "../values/errors.ts";
import { collStats, create, dbStats, drop, dropDatabase, listCollections, listDatabases, rename } from "./admin.ts";
import { aggregate } from "./aggregate.ts";
import { copy, validate } from "./care.ts";
import { bulkWrite } from "./bulk-write.ts";
import { collMod } from "./coll-mod.ts";
import type { Args, Command } from "./context.ts";
import { explain } from "./explain.ts";
import { count, distinct, find, getMore, killCursors } from "./find.ts";
import { findAndModify } from "./find-and-modify.ts";
import { buildInfo, hello, ok } from "./handshake.ts";
import { createIndexes, dropIndexes, listIndexes } from "./indexes.ts";
import { connectionStatus, currentOp, getCmdLineOpts, getLog, getParameter, hostInfo, profile, rolesInfo, serverStatus, usersInfo, whatsmyuri } from "./server.ts";
import { endAllSessions, endSessions, refreshSessions, startSession } from "./sessions.ts";
import { insert, remove, update } from "./write.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  hello, ismaster: hello, isMaster: hello, ping: ok, logout: ok,
  startSession, refreshSessions, endSessions, killSessions: endSessions, killAllSessions: endAllSessions, killAllSessionsByPattern: endAllSessions,
  buildInfo, buildinfo: buildInfo, serverStatus, getParameter, connectionStatus, whatsmyuri, hostInfo, currentOp, getCmdLineOpts, getLog, usersInfo, rolesInfo, profile,
  find, getMore, killCursors, count, distinct, explain, aggregate,
  insert, update, delete: remove, bulkWrite, findAndModify, findandmodify: findAndModify,
  createIndexes, listIndexes, dropIndexes, deleteIndexes: dropIndexes,
  create, drop, dropDatabase, renameCollection: rename, listCollections, listDatabases, collMod, collStats, collstats: collStats, dbStats, dbstats: dbStats, validate, threadlineCopy: copy,
};

/** Commands of MongoDB that exist and are refused, with the code that a standalone server or a missing feature gives. */
const REFUSED: Readonly<Record<string, StoreError>> = {
  commitTransaction: new StoreError(20, "IllegalOperation", "Transaction numbers are only allowed on a replica set member or mongos"),
  abortTransaction: new StoreError(20, "IllegalOperation", "Transaction numbers are only allowed on a replica set member or mongos"),
  replSetGetStatus: new StoreError(76, "NoReplicationEnabled", "not running with --replSet"),
};

const UNSUPPORTED = new Set(["mapReduce", "compact", "geoSearch", "saslStart", "createUser", "createRole", "dropUser", "updateUser", "top", "dbHash", "fsync", "fsyncUnlock", "setParameter", "logRotate", "shutdown", "planCacheClear", "planCacheSetFilter", "reIndex", "killOp", "applyOps", "dataSize", "convertToCapped", "cloneCollectionAsCapped"]);

/** The function of a command. @throws StoreError 59 for an unknown one, 115 for one of MongoDB's that this store does not have, 20 for transactions. */
export function commandOf(args: Args): Command {
  const command = Object.hasOwn(COMMANDS, args.command) ? COMMANDS[args.command] : undefined;
  if (args.value("startTransaction") || args.value("txnNumber")) throw REFUSED["commitTransaction"]!;
  if (command) return command;
  const refused = Object.hasOwn(REFUSED, args.command) ? REFUSED[args.command] : undefined;
  if (refused) throw refused;
  if (UNSUPPORTED.has(args.command)) throw new StoreError(115, "CommandNotSupported", `'${args.command}' is not supported by the embedded store; use MONGODB_URI.`);
  throw new StoreError(59, "CommandNotFound", `no such command: '${args.command}'`);
}
