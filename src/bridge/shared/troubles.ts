/** What keeps a desk's connection from working: several things may at once, Health shows the one to mend first. */
import type { ReportTrouble, Trouble } from "../../core/ports.ts";

export interface Troubles<Place extends string = string> {
  /** Null: this is mended. `subject` tells several of one place apart. Answers whether it is new. */
  set(place: Place, trouble: Trouble | null, subject?: string): boolean;
  /** The troubles of one place that stand, by their subject. */
  of(place: Place): string[];
}

/** @param places in the order in which they are mended: without tokens nothing else matters */
export function createTroubles<Place extends string>(report: ReportTrouble, places: readonly Place[]): Troubles<Place> {
  const standing = new Map<Place, Map<string, Trouble>>(places.map((place) => [place, new Map()]));
  return {
    set(place, trouble, subject = "") {
      const here = standing.get(place)!;
      const fresh = trouble !== null && here.get(subject)?.text !== trouble.text;
      if (trouble === null) here.delete(subject);
      else here.set(subject, trouble);
      report(places.flatMap((one) => [...standing.get(one)!.values()])[0] ?? null);
      return fresh;
    },
    of: (place) => [...standing.get(place)!.keys()],
  };
}
