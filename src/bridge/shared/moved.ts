/** The card of a thread that was left, in words. Pure. */
import type { Card } from "../../core/ports.ts";

export const movedWords = ({ to, by, arrived }: NonNullable<Card["moved"]>): string =>
  (arrived ? `Moved to ${to} by ${by}` : `On its way to ${to}, moved by ${by}. It opens there as soon as that desk can be reached`);
