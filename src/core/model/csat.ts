/** Scales of surveys: how they are asked, read and told. Pure. */
import type { CsatSettings } from "./care.ts";

type Scale = CsatSettings["scale"];
export const CSAT_SCALES = ["1-5", "emoji", "stars", "thumbs"] as const satisfies readonly Scale[];

const LABELS: Record<Scale, readonly string[]> = {
  "1-5": ["1", "2", "3", "4", "5"], emoji: ["😡", "🙁", "😐", "🙂", "😍"], stars: ["⭐", "⭐⭐", "⭐⭐⭐", "⭐⭐⭐⭐", "⭐⭐⭐⭐⭐"], thumbs: ["👎", "👍"],
};
/** Worst first: the score is the place, from 1. */
export const labelsOf = (scale: Scale): readonly string[] => LABELS[scale];
export const highestOf = (scale: Scale): number => LABELS[scale].length;
/** The two worst of five, and the thumb that points down. */
export const isLow = (scale: Scale, score: number): boolean => score <= (scale === "thumbs" ? 1 : 2);

export const QUESTION = "How did we do? Your answer helps us to do better.";
/** How it is answered where there is nothing to press. */
export function inWords(scale: Scale): string {
  const labels = LABELS[scale];
  return scale === "1-5" ? "Answer with a number from 1 (bad) to 5 (very good)." : `Answer with a number: ${labels.map((label, i) => `${i + 1} ${label}`).join(", ")}`;
}

/** Skin tones and the sign for "as a picture" say nothing here. */
const PLAIN = /[\u{1F3FB}-\u{1F3FF}\s]|\uFE0F/gu;

/** The score that a text as a whole is; null for anything else. */
export function scoreIn(scale: Scale, text: string): number | null {
  if (text.length > 40) return null;
  const plain = text.normalize("NFKC").replace(PLAIN, "").replace(/[.!]+$/, "").toLowerCase();
  const labels = LABELS[scale];
  const named = labels.indexOf(plain);
  if (named >= 0) return named + 1;
  const [, digit, of] = /^(\d)(?:\/(\d)|stars?)?$/.exec(plain) ?? [];
  const score = Number(digit ?? 0);
  return score >= 1 && score <= labels.length && (of === undefined || Number(of) === labels.length) ? score : null;
}

/** How a score reads on the timeline: "4 of 5", "👍". */
export const scoreText = (scale: Scale, score: number): string => (scale === "thumbs" || scale === "emoji" ? `${LABELS[scale][score - 1]} (${score} of ${LABELS[scale].length})` : `${score} of ${LABELS[scale].length}`);
