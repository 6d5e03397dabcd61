/** WhatsApp's ids as the opaque strings that core keeps. Stored, so old formats must stay readable. */

/** Graph ids of a number, an account or a file. */
export const GRAPH_ID = /^\d{5,32}$/;

/**
 * A customer's address is their business-scoped user id where Meta tells one, since phone numbers may be hidden; else the number as
 * digits. Source: developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
const USER_ID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;
const PHONE = /^\d{4,20}$/;

/** The address of whoever has these ids, and the other one by which they were known before; null when neither is an id. */
export function addressOf({ userId, phone }: { userId?: string | undefined; phone?: string | undefined }): { address: string; knownAs?: string; phone?: string } | null {
  const number = phone !== undefined && PHONE.test(phone) ? phone : undefined;
  const scoped = [userId, phone].find((id) => id !== undefined && USER_ID.test(id));
  if (scoped === undefined) return number === undefined ? null : { address: number, phone: number };
  return { address: scoped, ...(number === undefined ? {} : { knownAs: number, phone: number }) };
}

/** How a message names its receiver. */
export const recipientOf = (address: string): { to: string } | { recipient: string } => (USER_ID.test(address) ? { recipient: address } : { to: address });
