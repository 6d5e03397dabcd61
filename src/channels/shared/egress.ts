/** Which addresses a call may go to. The address is checked when the connection is made, so a name that changes its mind gains nothing. */
import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { isPublicAddress } from "../../core/model/public-address.ts";

export const PRIVATE_ADDRESS = "PRIVATE_ADDRESS";
export const privateAddress = (): NodeJS.ErrnoException => Object.assign(new Error("The address is not public."), { code: PRIVATE_ADDRESS });

/** For `net.connect`: refuses a name as soon as one of its addresses is not public. */
export const publicLookup = (lookup: typeof systemLookup = systemLookup): LookupFunction => (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    const refused = error ?? (found.length === 0 || found.some(({ address }) => !isPublicAddress(address)) ? privateAddress() : null);
    if (refused !== null) return done(refused, []);
    if (options.all === true) return done(null, found);
    return done(null, found[0]!.address, found[0]!.family);
  });
};
