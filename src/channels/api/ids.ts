/** Ids of the API channel. Stored, so old formats must stay readable. */

/** `<name>.<secret>`: the name is the inbox's identity, so that a new secret under the same name is the same inbox. */
export const KEY_SHAPE = /^[a-z0-9][a-z0-9_-]{0,39}\.[A-Za-z0-9_-]{24,200}$/;
export const NAME_SHAPE = /^[a-z0-9][a-z0-9_-]{0,39}$/;
export const nameOfKey = (key: string): string => key.slice(0, key.indexOf("."));

/** Owner of a file that a bridge sent up. */
export const fileOwner = (inboxId: string): string => `api:${inboxId}`;

/** A part of a reply is named by the lane's own key, `<message>:<part>`, after a reported failure `<message>:<part>.2`. @returns the message, or null for what no lane made. */
export const messageOfPart = (partId: string): string | null => /^([0-9a-f]{24}):\d{1,4}(?:\.\d{1,4})?$/.exec(partId)?.[1] ?? null;
