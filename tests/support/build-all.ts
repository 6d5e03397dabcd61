/** Browser tests see what people see: the built widget and playground. */
export default async function setup(): Promise<void> {
  const { ensureBuilt } = (await import("../../scripts/build.mjs" as string)) as { ensureBuilt(): Promise<string[]> };
  await ensureBuilt();
}
