/** The customers' side of one channel: what its vendor's fake does wrong, how its customers write, and what they have in the end. */
import type { Channel, Talk } from "./journal.ts";
import type { Dice } from "./options.ts";
import type { World } from "./world.ts";

export interface Side {
  /** Its inbox in the settings file, without what all inboxes share. */
  settings: string;
  customer(world: World, talk: Talk): Promise<void>;
  /** What the vendor does by itself while the run lasts. */
  actors(world: World): Promise<void>[];
  /** What the customer has, in the order in which they see it. */
  got(talk: Talk): string[];
  /** What the vendor has not handed over yet. */
  pending(): number;
  /** No fault any more, so that what waits can come to rest. */
  heal(): void;
  close(): Promise<void>;
}
export type MakeSide = (dice: Dice) => Promise<Side>;
export const CHANNELS = ["telegram", "whatsapp", "email", "api", "widget"] as const satisfies Channel[];

export const numberOf = (talk: Talk): number => Number(talk.name.slice(1));
