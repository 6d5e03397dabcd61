/** The store runs in a worker thread from a built file, so tests build it first (a no-op when nothing changed). */
export default async function setup(): Promise<void> {
  const { ensureBuilt } = (await import("../../scripts/build.mjs" as string)) as { ensureBuilt(o: { only: string[] }): Promise<string[]> };
  await ensureBuilt({ only: ["store"] });
}
