/** Finds the handler of a call. Paths are written as Discord's documentation writes them, `:name` for a part that varies. */
import type { FakeMember, Json, UploadedFile } from "./types.ts";
import type { World } from "./world.ts";

export interface Call {
  world: World; query: URLSearchParams; body: Json; bodyList: Json[]; files: UploadedFile[];
  /** A part of the path, decoded. */
  param(name: string): string;
  /** The bot as a member; undefined once it was kicked. */
  bot: FakeMember | undefined;
}
/** `undefined` is answered 204. */
export type Handler = (call: Call) => unknown;
export interface Route { method: string; path: string; steps: string[]; run: Handler; /** False: the token in the path is enough. */ auth: boolean }

export const route = (method: string, path: string, run: Handler, { auth = true }: { auth?: boolean } = {}): Route => ({ method, path, steps: path.split("/"), run, auth });

export interface Found { route: Route; params: Record<string, string> }
export function find(routes: readonly Route[], method: string, path: string): Found | null {
  const steps = path.split("/");
  for (const candidate of routes) {
    if (candidate.method !== method || candidate.steps.length !== steps.length) continue;
    const params: Record<string, string> = {};
    const fits = candidate.steps.every((step, i) => {
      const given = steps[i] ?? "";
      if (!step.startsWith(":")) return step === given;
      params[step.slice(1)] = decodeURIComponent(given);
      return given !== "";
    });
    if (fits) return { route: candidate, params };
  }
  return null;
}

/** A whole number from the query within its range, or the default. */
export function numberIn(query: URLSearchParams, name: string, byDefault: number, most: number): number {
  const given = Number(query.get(name) ?? byDefault);
  return Number.isInteger(given) && given >= 1 ? Math.min(given, most) : byDefault;
}
