/** What each side knows of every conversation while it happens; `count.ts` judges it at the end. */

export type Channel = "telegram" | "whatsapp" | "email" | "api" | "widget";
/** A customer's line. Its text is unique in the run. */
export interface Said { text: string; /** The vendor had our word: 2xx, or the update was confirmed. */ accepted: boolean }
/** An agent's line. Its text is unique in the run; a line whose call broke is written again with another text. */
export interface Wrote { text: string; confirmed: boolean; everHeld: boolean; everUnknown: boolean; retries: number }
/** A post as the desk shows it at the end. */
export interface Shown { text: string; by: "customer" | "agent" | "bot" | "guest"; held: boolean; receipt: string | null }

export interface Talk {
  name: string;
  channel: Channel;
  said: Said[];
  wrote: Wrote[];
  /** The desk's threads of this customer, each in the order on screen. */
  threads: Shown[][];
  /** What the customer got, in the order in which they see it; while the run lasts, as it comes. */
  got: string[];
  /** Lines that the customer's page should have heard of and did not (widget). */
  feedMissed: number;
}

export interface Event { at: number; talk: string | null; what: string }

export class Journal {
  readonly talks = new Map<string, Talk>();
  readonly events: Event[] = [];
  private readonly began = performance.now();

  talk(name: string, channel: Channel): Talk {
    const talk: Talk = { name, channel, said: [], wrote: [], threads: [], got: [], feedMissed: 0 };
    this.talks.set(name, talk);
    return talk;
  }
  /** `talk` null: it concerns all (a kill, a pause). */
  note(talk: string | null, what: string): void { this.events.push({ at: Math.round(performance.now() - this.began), talk, what }); }
}

/** The name of the conversation that a text belongs to, by how all texts of this run begin. */
export const talkOf = (text: string): string | null => /^(k\d+)[mr]\d+\b/.exec(text)?.[1] ?? null;
