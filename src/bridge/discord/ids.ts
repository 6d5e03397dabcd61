/** Discord's ids as core keeps them, and the refs by which our own posts are found again. Stored, so old formats must stay readable. */
import { createHash } from "node:crypto";
import { DeskError } from "../../core/errors.ts";
import type { DeskPostId, DeskThreadId } from "../../core/model/types.ts";

export interface DiscordThread { guild: string; thread: string }

const SNOWFLAKE = /^\d{15,21}$/;
const THREAD = /^discord:(\d{15,21}):(\d{15,21})$/;

export const makeThreadId = (guild: string, thread: string): DeskThreadId => `discord:${guild}:${thread}` as DeskThreadId;

/** @throws {DeskError} THREAD_GONE for a thread of another desk */
export function readThreadId(id: DeskThreadId): DiscordThread {
  const match = THREAD.exec(id);
  if (match === null) throw new DeskError("THREAD_GONE", "This thread is not on Discord.", { certain: true, refused: true });
  return { guild: match[1]!, thread: match[2]! };
}

/** Whether `id` can be something of Discord's. */
export const isSnowflake = (id: string): id is DeskPostId => SNOWFLAKE.test(id);

/** Milliseconds. Source: discord.com/developers/docs/reference#snowflakes */
const EPOCH = 1_420_070_400_000;
/** When something with this id came to be, by Discord's clock. */
export const timeOf = (id: string): Date => new Date(Number(BigInt(id) >> 22n) + EPOCH);
/** The lowest id of a time, for `after` and comparisons. */
export const snowflakeOf = (at: Date): string => (BigInt(Math.max(0, at.getTime() - EPOCH)) << 22n).toString();

/** Who a bot's token is for; null when it is no bot token. Source: discord.com/developers/docs/reference#authentication (its first part is the id, in base64) */
export function botIdOf(token: string): string | null {
  const id = Buffer.from(token.split(".")[0] ?? "", "base64").toString("latin1");
  return token.split(".").length === 3 && isSnowflake(id) ? id : null;
}

const hashOf = (...parts: string[]): Buffer => createHash("sha256").update(parts.join("\n")).digest();

/** What Discord knows a repeat by, 25 characters at most. Source: discord.com/developers/docs/resources/message#create-message (nonce, enforce_nonce) */
export const nonceOf = (place: string, key: string, part: number): string => hashOf(place, key, String(part)).toString("base64url").slice(0, 25);

const CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz";
/** Eight signs in the foot of every post of ours, from the key under which it was made: 40 bits, told apart within one thread. */
export const refOf = (key: string): string => [...hashOf(key).subarray(0, 8)].map((byte) => CROCKFORD[byte & 31]!).join("");

/** What the foot of a post says about it. `part` counts from 0. */
export interface Mark { ref: string; part: number; parts: number }
export const makeMark = ({ ref, part, parts }: Mark): string => (parts === 1 ? `ref ${ref}` : `ref ${ref} ${part + 1}/${parts}`);
/** Reads the last line of a post; null when it bears no ref. */
export function readMark(content: string): Mark | null {
  const match = /(?:^|\n)-# (?:[^\n]* · )?ref ([0-9a-z]{8})(?: (\d+)\/(\d+))?$/.exec(content);
  if (match === null) return null;
  return { ref: match[1]!, part: Number(match[2] ?? 1) - 1, parts: Number(match[3] ?? 1) };
}
