/** Macros: acts that belong together, kept under a name. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import type { Macro } from "../model/types.ts";

/** By name; they are few. */
export const allMacros = (core: Core): Promise<Macro[]> => core.store.macros.find().sort({ name: 1 }).toArray();

/** By whole name in any case, or a beginning that only one has. @throws {UserError} MACRO_UNKNOWN with close names */
export async function macroNamed(core: Core, text: string): Promise<Macro> {
  const macros = await allMacros(core);
  const wanted = text.replace(/^"(.*)"$/, "$1").trim().toLowerCase();
  const exact = macros.find(({ name }) => name.toLowerCase() === wanted);
  const starting = macros.filter(({ name }) => name.toLowerCase().startsWith(wanted));
  const found = exact ?? (starting.length === 1 ? starting[0] : undefined);
  if (found !== undefined) return found;
  const names = macros.map(({ name }) => name);
  const hint = names.length === 0 ? " There are no macros yet. An administrator adds them in the settings file (threadline.yaml)." : didYouMean(wanted, names) || ` There are: ${names.slice(0, 10).join(", ")}.`;
  throw new UserError("MACRO_UNKNOWN", starting.length > 1 ? `"${text.slice(0, 60)}" could be ${starting.slice(0, 5).map(({ name }) => name).join(" or ")}. Write the whole name.` : `There is no macro "${text.slice(0, 60)}".${hint}`);
}
