import { badValue } from "./errors.ts";
import { anyNumber } from "./filter-args.ts";
import type { RawValue } from "./scan.ts";

/** `{$sampleRate: 0.25}`: each document by chance. Source: mongodb.com/docs/manual/reference/operator/aggregation/sampleRate/ */
export function compileSampleRate(value: RawValue): () => boolean {
  const rate = anyNumber(value);
  if (rate === undefined) throw badValue("argument to $sampleRate must be a numeric type");
  if (!(rate >= 0 && rate <= 1)) throw badValue("numeric argument to $sampleRate must be in [0, 1]");
  return () => Math.random() < rate;
}
