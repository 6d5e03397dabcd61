/** What keeps the connection from working: several things may at once, Health shows the one to mend first. */
import type { ReportTrouble, Trouble } from "../../core/ports.ts";

/** In the order in which they are mended: without tokens nothing else matters. */
const PLACES = ["tokens", "connection", "scopes", "channel"] as const;
export type TroublePlace = (typeof PLACES)[number];

export interface Troubles {
  /** Null: this is mended. `subject` tells several of one place apart. Answers whether it is new. */
  set(place: TroublePlace, trouble: Trouble | null, subject?: string): boolean;
  /** The troubles of one place that stand, by their subject. */
  of(place: TroublePlace): string[];
}

export function createTroubles(report: ReportTrouble): Troubles {
  const standing = new Map<TroublePlace, Map<string, Trouble>>(PLACES.map((place) => [place, new Map()]));
  return {
    set(place, trouble, subject = "") {
      const here = standing.get(place)!;
      const fresh = trouble !== null && here.get(subject)?.text !== trouble.text;
      if (trouble === null) here.delete(subject);
      else here.set(subject, trouble);
      report(PLACES.flatMap((one) => [...standing.get(one)!.values()])[0] ?? null);
      return fresh;
    },
    of: (place) => [...standing.get(place)!.keys()],
  };
}
