/** Where a list goes on, as a text that a caller gives back unread. */
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { PlaceInList } from "../../core/services/page-conversations.ts";

const Place = z.strictObject({ at: z.number(), shown: z.array(z.string().max(100)).max(1_000) });

export const placeCursor = (place: PlaceInList | null): string | null =>
  (place === null ? null : Buffer.from(JSON.stringify({ at: place.at.getTime(), shown: place.shown })).toString("base64url"));

/** @throws {UserError} BAD_QUERY */
export function readPlace(cursor: string | undefined): PlaceInList | null {
  if (cursor === undefined) return null;
  try {
    const { at, shown } = Place.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    const moment = new Date(at);
    if (!Number.isNaN(moment.getTime())) return { at: moment, shown };
  } catch { /* said below */ }
  throw new UserError("BAD_QUERY", "This cursor is none of ours. Begin the list anew, without one.", [{ path: "cursor", message: "can't be read" }]);
}
