import { locationError, StoreError } from "../values/errors.ts";
import { Elements, fieldsOf, numberOf, stringOf, T, type RawDoc, type RawValue } from "../values/raw.ts";

const list = (text: string) => text.split(" ");

/** What every command may carry. Source: mongodb.com/docs/manual/reference/command/ */
const GENERIC = list("$db lsid $clusterTime $readPreference readConcern writeConcern maxTimeMS comment apiVersion apiStrict apiDeprecationErrors txnNumber autocommit startTransaction $audit $client help allowImplicitCollectionCreation mayBypassWriteBlocking maxTimeMSOpOnly stmtId stmtIds");

/** The fields that MongoDB 7.0 knows of each command (`bulkWrite`: 8.0); a field that is not here is refused as MongoDB refuses it. Commands that are not here are lenient there too. */
const FIELDS = new Map(Object.entries({
  find: "find filter projection sort hint skip limit batchSize singleBatch allowDiskUse max min returnKey showRecordId tailable oplogReplay noCursorTimeout awaitData allowPartialResults collation let options term readOnce allowSpeculativeMajorityRead $_requestResumeToken $_resumeAfter includeQueryStatsMetrics",
  getMore: "getMore collection batchSize term lastKnownCommittedOpTime includeQueryStatsMetrics",
  killCursors: "killCursors cursors",
  count: "count query limit skip hint collation fields queryOptions mirrored",
  distinct: "distinct key query collation hint",
  insert: "insert documents ordered bypassDocumentValidation encryptionInformation isTimeseries",
  update: "update updates ordered bypassDocumentValidation let encryptionInformation isTimeseries",
  delete: "delete deletes ordered let bypassDocumentValidation encryptionInformation isTimeseries",
  findAndModify: "findAndModify findandmodify query fields sort hint collation arrayFilters remove update upsert new let bypassDocumentValidation encryptionInformation isTimeseries runtimeConstants",
  create: "create capped autoIndexId idIndex size max storageEngine validator validationLevel validationAction indexOptionDefaults viewOn pipeline collation changeStreamPreAndPostImages timeseries clusteredIndex expireAfterSeconds encryptedFields temp flags",
  createIndexes: "createIndexes indexes ignoreUnknownIndexOptions commitQuorum v",
  dropIndexes: "dropIndexes deleteIndexes index",
  listIndexes: "listIndexes cursor includeBuildUUIDs includeIndexBuildInfo isTimeseriesNamespace",
  listCollections: "listCollections filter nameOnly cursor authorizedCollections",
  listDatabases: "listDatabases filter nameOnly authorizedDatabases",
  renameCollection: "renameCollection to dropTarget stayTemp",
  drop: "drop",
  collMod: "collMod index validator validationLevel validationAction viewOn pipeline recordPreImages changeStreamPreAndPostImages cappedSize cappedMax expireAfterSeconds timeseries dryRun",
  explain: "explain verbosity",
  "update.updates": "q u c arrayFilters multi upsert collation hint sampleId upsertSupplied",
  "delete.deletes": "q limit collation hint sampleId",
  bulkWrite: "bulkWrite ops nsInfo ordered bypassDocumentValidation let errorsOnly cursor",
  "bulkWrite.nsInfo": "ns collectionUUID encryptionInformation",
  "bulkWrite.insert": "insert document",
  "bulkWrite.update": "update filter updateMods arrayFilters multi hint constants collation upsert sort sampleId upsertSupplied",
  "bulkWrite.delete": "delete filter multi hint collation sampleId",
  "collMod.index": "keyPattern name expireAfterSeconds hidden unique prepareUnique forceNonUnique",
}).map(([name, fields]) => [name, new Set([...list(fields), ...(name.includes(".") ? [] : GENERIC)])]));

/** Other spellings of a command that share its fields. */
const SAME: Readonly<Record<string, string>> = { findandmodify: "findAndModify", deleteIndexes: "dropIndexes" };

/** @throws StoreError 40415 for a field that the command does not know. */
export function checkFields(command: string, body: RawDoc): void {
  const known = FIELDS.get(command) ?? FIELDS.get(SAME[command] ?? "");
  if (!known) return;
  for (const it = new Elements(body); it.next();) {
    if (!known.has(it.name)) throw locationError(40415, `BSON field '${command}.${it.name}' is an unknown field.`);
  }
}

const bad = (message: string) => new StoreError(2, "BadValue", message);
const failed = (message: string) => new StoreError(9, "FailedToParse", message);

/** Checks a write concern as a standalone server does. @throws StoreError 2, 9, 14. Source: mongodb.com/docs/manual/reference/write-concern/ */
export function checkWriteConcern(value: RawValue): void {
  if (value.type !== T.object) throw new StoreError(14, "TypeMismatch", "BSON field 'writeConcern' is the wrong type, expected type 'object'");
  for (const { name, value: option } of fieldsOf(value.bytes, value.start)) {
    if (name === "w") checkW(option);
    else if (name !== "j" && name !== "fsync" && name !== "wtimeout" && name !== "provenance" && name !== "getLastError" && name !== "wOpTime" && name !== "wElectionId") {
      throw locationError(40415, `BSON field 'writeConcern.${name}' is an unknown field.`);
    }
  }
}

function checkW(value: RawValue): void {
  const n = numberOf(value);
  if (n !== undefined) {
    if (n < 0 || n > 50) throw failed("w has to be a non-negative number and not greater than 50");
    if (n > 1) throw bad("cannot use 'w' > 1 when a host is not replicated");
  } else if (value.type === T.string) {
    if (stringOf(value) !== "majority" && stringOf(value) !== "") throw bad(`cannot use non-majority 'w' mode ${stringOf(value)} when a host is not a member of a replica set`);
  } else throw failed("w has to be a number, string, or object");
}

const LEVELS = new Set(["local", "available", "majority", "linearizable", "snapshot"]);

/** Checks a read concern as a standalone server does. @throws StoreError 2, 14, 123. Source: mongodb.com/docs/manual/reference/read-concern/ */
export function checkReadConcern(value: RawValue): void {
  if (value.type !== T.object) throw new StoreError(14, "TypeMismatch", "BSON field 'readConcern' is the wrong type, expected type 'object'");
  for (const { name, value: option } of fieldsOf(value.bytes, value.start)) {
    if (name !== "level") continue;
    const level = option.type === T.string ? stringOf(option) : "";
    if (!LEVELS.has(level)) throw bad(`Enumeration value '${level}' for field 'readConcern.level' is not a valid value.`);
    if (level === "linearizable" || level === "snapshot") throw new StoreError(123, "NotAReplicaSet", "node needs to be a replica set member to use read concern");
  }
}
