/** What a channel can do, as one table beside its adapter. Everything else that says so (guards of values, the agents' words, docs/channels.md) reads it here. */
import type { Span } from "./rich-text.ts";

/** `is`: yes, no or how much. `source`: the vendor's page or manual that says so. `but`: a condition, in words. */
export interface Ability<T> { readonly is: T; readonly source: string; readonly but?: string }
type YesNo = Ability<boolean>;

export interface Capabilities {
  /** UTF-16 units of one message; longer texts are split. */
  readonly text: Ability<number>;
  /** Bytes of one file; 0: none go. */
  readonly files: Ability<number>;
  /** What stays of an agent's formatting; the rest goes as plain words. */
  readonly formatting: Ability<readonly Span["type"][]>;
  readonly edit: YesNo;
  readonly delete: YesNo;
  /** The team's reactions to the customer's lines. */
  readonly react: YesNo;
  /** A reply points at the line that it answers. */
  readonly quotes: YesNo;
  /** Choices to press, under a question of at most so many UTF-16 units; null: they go as a numbered list. */
  readonly choices: Ability<number | null>;
  /** Addresses that one message goes to, the customer's among them; null: the customer alone. */
  readonly recipients: Ability<number | null>;
  /** The customer sees that somebody types. */
  readonly typing: YesNo;
  /** The customer sees that the team has read their lines. */
  readonly markRead: YesNo;
  /** How far its far side tells what became of a reply, beyond that it was sent. */
  readonly receipts: Ability<"none" | "delivered" | "read">;
  /** It says so when the customer has blocked us. */
  readonly blocked: YesNo;
  /** A free reply goes only so many milliseconds after the customer's last line; null: at any time. */
  readonly window: Ability<number | null>;
  /** Texts that the vendor has approved, which go at any time. */
  readonly templates: YesNo;
}
