import { randomUUID } from "node:crypto";
import { UUID } from "bson";
import { sessionId, type Command } from "./context.ts";

/** Sessions group commands; all that hangs on them are cursors. Source: mongodb.com/docs/manual/reference/server-sessions/ */

export const startSession: Command = () => ({ id: { id: new UUID(randomUUID()) }, timeoutMinutes: 30, ok: 1 });

/** `endSessions`, `killSessions`: closes the cursors of the sessions that are listed. */
export const endSessions: Command = ({ args, cursors }) => {
  const ended = (args.docs(args.command) ?? []).map(sessionId).filter((id) => id !== undefined);
  cursors.endSessions(args.command === "killSessions" && ended.length === 0 ? undefined : new Set(ended));
  return { ok: 1 };
};

export const endAllSessions: Command = ({ cursors }) => {
  cursors.endSessions();
  return { ok: 1 };
};

/** `refreshSessions`: each that is listed counts as used now. */
export const refreshSessions: Command = ({ args, cursors }) => {
  for (const lsid of args.docs("refreshSessions") ?? []) cursors.refresh(sessionId(lsid));
  return { ok: 1 };
};
