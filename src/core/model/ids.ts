/** Ids are opaque strings that sort by time of making: 8 hex of seconds, 16 of chance. */
import { randomBytes } from "node:crypto";

export const newId = (now: Date): string => Math.floor(now.getTime() / 1000).toString(16).padStart(8, "0") + randomBytes(8).toString("hex");
