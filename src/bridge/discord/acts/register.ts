/** Puts the commands into the guild: one call, and none when they stand there as they should. */
import { z } from "zod";
import type { DiscordApi, Path } from "../api.ts";
import type { CommandDefinition } from "./commands.ts";

/** What Discord says of a command; it adds defaults and nulls to what it was given. */
const Known = z.array(z.looseObject({ name: z.string(), type: z.number() }));

/** Answers whether they had to be written. @throws {DeskError} REFUSED without the scope applications.commands; Discord takes 200 new commands a day */
export async function registerCommands(api: DiscordApi, at: { application: string; guild: string }, wanted: CommandDefinition[], signal?: AbortSignal): Promise<boolean> {
  const path: Path = `/applications/${at.application}/guilds/${at.guild}/commands`;
  const how = { priority: "post" as const, ...(signal === undefined ? {} : { signal }) };
  const there = Known.safeParse(await api.call("GET", path, how));
  if (there.success && fingerprint(there.data) === fingerprint(wanted)) return false;
  await api.call("PUT", path, { ...how, body: wanted });
  return true;
}

const SAID = ["type", "name", "description", "required", "autocomplete", "max_length", "options"];

/** The same for two sets that a person could not tell apart. */
function fingerprint(commands: readonly object[]): string {
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([name, one]) => SAID.includes(name) && one !== null && one !== false && one !== "" && !(Array.isArray(one) && one.length === 0));
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, plain(one)]));
  };
  return JSON.stringify(commands.map((command) => JSON.stringify(plain(command))).toSorted());
}
