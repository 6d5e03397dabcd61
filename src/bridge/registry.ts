/** Every kind of desk, one line each: how its adapter is made. */
import type { Db } from "mongodb";
import type { Core } from "../core/core.ts";
import { createPlayground } from "./playground/adapter.ts";

/** `db` is for a desk whose vendor's side is our own. */
export const deskKinds = {
  playground: (core: Core, db: Db) => createPlayground({ db, clock: core.clock, bus: core.bus, log: core.log, files: core.files }),
};
