/** Ends what the tests of a file shared, whoever opened it. A setup file: the list outlives the modules of one file. */
import { afterAll } from "vitest";

const shared = globalThis as { threadlineEnds?: (() => Promise<void>)[] };

/** `end` runs once the file that is running has ended. */
export const atEndOfFile = (end: () => Promise<void>): void => void (shared.threadlineEnds ??= []).push(end);

afterAll(async () => {
  await Promise.all((shared.threadlineEnds ?? []).splice(0).map((end) => end()));
});
