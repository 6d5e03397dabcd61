/** What Discord answers when a place is not there for the bot (any more). */
import { CODE } from "../errors.ts";

export const CHANNEL_GONE: ReadonlySet<number> = new Set([CODE.unknownChannel, CODE.missingAccess]);
