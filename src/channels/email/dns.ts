/** Questions to DNS, as those who check senders ask them. */
import { Resolver } from "node:dns/promises";

/** Records of `name`: TXT and others as `dns.resolve` answers them. Rejects with `code`: ENOTFOUND and ENODATA mean that there is none. */
export type LookUp = (name: string, type: string) => Promise<string[][] | string[]>;

/** Milliseconds until the next try, and tries. */
const TIMEOUT_MS = 1_000, TRIES = 2;

export const isDnsServer = (text: string): boolean => { try { new Resolver().setServers([text]); return true; } catch { return false; } };

/** `servers`: addresses, with `:port` where it is another than 53; none: the machine's own. */
export function createLookUp(servers: readonly string[]): LookUp {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers.length > 0) resolver.setServers(servers);
  return async (name, type) => (await resolver.resolve(name, type)) as string[][] | string[];
}
