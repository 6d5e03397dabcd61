/** Property tests draw from the run's seed. */
import fc from "fast-check";
import { seedOf } from "./seed.ts";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: seedOf(process.env.FC_SEED) });
