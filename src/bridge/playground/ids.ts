/** The playground's thread ids as core keeps them: `playground:<thread>`. Stored, so old formats must stay readable. */
import type { DeskPostKey, DeskThreadId } from "../../core/model/types.ts";
import { DeskError } from "../../core/errors.ts";

const PREFIX = "playground:";

export const makeThreadId = (thread: string): DeskThreadId => `${PREFIX}${thread}` as DeskThreadId;

/** The vendor's own id of a thread. @throws {DeskError} THREAD_GONE for a thread of another desk. */
export function parseThreadId(id: DeskThreadId): string {
  if (!id.startsWith(PREFIX)) throw new DeskError("THREAD_GONE", "This thread is not on the playground.", { certain: true, refused: true });
  return id.slice(PREFIX.length);
}

/** An event of a thread as core's intake stores it. */
export const storedEventKey = (thread: string, event: string): string => `playground:${makeThreadId(thread)}:${event}`;

/** A post as core's messages name it in `deskPosts`. */
export const postKey = (thread: string, post: string): DeskPostKey => `${makeThreadId(thread)}|${post}`;
