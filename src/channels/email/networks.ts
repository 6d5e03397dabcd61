/** Which peers are mail servers of our own. Pure. */
import { BlockList, isIP } from "node:net";

/** This machine and private networks (RFC 1918, RFC 4193, RFC 3927). */
export const PRIVATE = ["127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"];

const family = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");
const split = (network: string): { address: string; bits: number | null } => { const [address = "", bits] = network.split("/"); return { address, bits: bits === undefined ? null : /^\d{1,3}$/.test(bits) ? Number(bits) : -1 }; };

/** An address, or a network in CIDR form. */
export function isNetwork(text: string): boolean {
  const { address, bits } = split(text);
  return isIP(address) > 0 && (bits === null || (bits >= 0 && bits <= (isIP(address) === 6 ? 128 : 32)));
}

/** Whether an address lies in one of `networks`. */
export function createNetworks(networks: readonly string[]): (ip: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const { address, bits } = split(network);
    if (bits === null) list.addAddress(address, family(address));
    else list.addSubnet(address, bits, family(address));
  }
  return (ip) => isIP(ip) > 0 && list.check(ip, family(ip));
}
