/** Which addresses a program of the administrator's may have: none that lead into a private network, unless allowed. */
import { BlockList, isIP } from "node:net";

/** Source: iana.org/assignments/iana-ipv4-special-registry */
const SPECIAL_4: [string, number][] = [
  ["0.0.0.0", 8], ["10.0.0.0", 8], ["100.64.0.0", 10], ["127.0.0.0", 8], ["169.254.0.0", 16], ["172.16.0.0", 12], ["192.0.0.0", 24], ["192.0.2.0", 24],
  ["192.88.99.0", 24], ["192.168.0.0", 16], ["198.18.0.0", 15], ["198.51.100.0", 24], ["203.0.113.0", 24], ["224.0.0.0", 4], ["240.0.0.0", 4],
];
/** Inside 2000::/3, all that is given out. Source: iana.org/assignments/iana-ipv6-special-registry */
const SPECIAL_6: [string, number][] = [["2001::", 23], ["2001:db8::", 32], ["2002::", 16], ["3fff::", 20]];

const special4 = new BlockList(), given6 = new BlockList(), special6 = new BlockList();
for (const [net, prefix] of SPECIAL_4) special4.addSubnet(net, prefix, "ipv4");
given6.addSubnet("2000::", 3, "ipv6");
for (const [net, prefix] of SPECIAL_6) special6.addSubnet(net, prefix, "ipv6");

/** False for loopback, private, link-local, shared, documentation and multicast addresses, for tunnels to them, and for what is no address. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special4.check(address, "ipv4");
  return family === 6 && !address.includes("%") && given6.check(address, "ipv6") && !special6.check(address, "ipv6");
}

/** A host that is written as an address is never looked up. `host` as in a URL. */
export const addressIn = (host: string): string | null => { const bare = host.replace(/^\[|\]$/g, ""); return isIP(bare) === 0 ? null : bare; };
