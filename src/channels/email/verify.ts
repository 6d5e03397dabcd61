/** For whom a mail is, and whose conversation its address names: a reply address counts only with our signature. */
import { plainAddress, readReplyAddress, type Sign } from "./ids.ts";

/** Addresses of one inbox, lower case: its own first, then its aliases. */
export const isOurs = (ours: readonly string[], address: string): boolean => ours.includes(plainAddress(address));

/** The conversation that one of the recipients names under our signature; null when none does. */
export function signedConversation(ours: readonly string[], recipients: readonly string[], sign: Sign): string | null {
  for (const address of recipients) {
    const conversation = isOurs(ours, address) ? readReplyAddress(address, sign) : null;
    if (conversation !== null) return conversation;
  }
  return null;
}
