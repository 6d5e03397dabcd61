import { arch, cpus, hostname, platform, release, totalmem } from "node:os";
import { Long } from "bson";
import { StoreError } from "../values/errors.ts";
import { embedded, stringOf, T } from "../values/raw.ts";
import { Args, type Command } from "./context.ts";
import { VERSION } from "./handshake.ts";

/** What tools ask about the server itself. Source: mongodb.com/docs/manual/reference/command/nav-diagnostic/ */

const connections = (current: number) => ({ current, available: Math.max(0, 1_000 - current), totalCreated: current, active: current });

export const serverStatus: Command = ({ store, cursors, connectionId }) => ({
  host: hostname(), version: VERSION, process: "threadline-store", pid: Long.fromNumber(process.pid), uptime: Math.round(process.uptime()),
  uptimeMillis: Long.fromNumber(Math.round(process.uptime() * 1000)), localTime: new Date(), connections: connections(connectionId),
  storageEngine: { name: "lmdb", supportsCommittedReads: true, persistent: true, readOnly: false },
  metrics: { cursor: { open: { total: cursors.size } } }, catalogStats: { collections: store.catalog.collections.size, capped: 0, views: 0 }, ok: 1,
});

const PARAMETERS: Readonly<Record<string, unknown>> = { featureCompatibilityVersion: { version: "7.0" }, ttlMonitorEnabled: true, notablescan: false, enableTestCommands: false };

/** `getParameter`: by name, or all. @throws StoreError 72 when none is known. */
export const getParameter: Command = ({ args }) => {
  const wanted = args.required("getParameter", args.value("getParameter"));
  const all = (wanted.type === T.string && stringOf(wanted) === "*") || (wanted.type === T.object && new Args("getParameter", embedded(wanted)).bool("allParameters"));
  const found = Object.entries(PARAMETERS).filter(([name]) => all || args.value(name));
  if (found.length === 0) throw new StoreError(72, "InvalidOptions", "no option found to get");
  return { ...Object.fromEntries(found), ok: 1 };
};

export const connectionStatus: Command = () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] }, ok: 1 });
export const whatsmyuri: Command = () => ({ you: "local", ok: 1 });
export const hostInfo: Command = () => ({
  system: { currentTime: new Date(), hostname: hostname(), cpuAddrSize: 64, memSizeMB: Long.fromNumber(Math.floor(totalmem() / 2 ** 20)), numCores: cpus().length, cpuArch: arch() },
  os: { type: platform(), name: platform(), version: release() }, extra: {}, ok: 1,
});
export const currentOp: Command = () => ({ inprog: [], ok: 1 });
export const getCmdLineOpts: Command = () => ({ argv: ["threadline"], parsed: {}, ok: 1 });
/** The log lies with Threadline's own; the store has none to show. */
export const getLog: Command = ({ args }) => {
  const name = args.required("getLog", args.string("getLog"));
  if (name === "*") return { names: ["global", "startupWarnings"], ok: 1 };
  if (name !== "global" && name !== "startupWarnings") throw new StoreError(96, "OperationFailed", `No log named '${name}'`);
  return { totalLinesWritten: 0, log: [], ok: 1 };
};
export const usersInfo: Command = () => ({ users: [], ok: 1 });
export const rolesInfo: Command = () => ({ roles: [], ok: 1 });
export const profile: Command = ({ args }) => {
  if ((args.number("profile") ?? -1) > 0) throw new StoreError(238, "NotImplemented", "The profiler is not supported by the embedded store; use MONGODB_URI.");
  return { was: 0, slowms: 100, sampleRate: 1, ok: 1 };
};
