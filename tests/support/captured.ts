/** A payload as the vendor sends it, from `tests/fixtures/<name>.json`. */
import { readFileSync } from "node:fs";

export const captured = (name: string): unknown => JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8"));
