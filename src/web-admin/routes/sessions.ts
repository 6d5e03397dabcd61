/** Where one is signed in, and how to end that. */
import { UserError } from "../../core/errors.ts";
import { sessions } from "../wire.ts";
import { iso, type AdminCall } from "./call.ts";

export const sessionCalls: AdminCall[] = [
  {
    method: "GET", path: "/sessions", summary: "List where you are signed in", needs: "administrator", answer: sessions,
    async run({ parts: { auth }, session }) {
      const found = await auth.sessionsOf(session);
      return { sessions: found.map(({ id, browser, createdAt, seenAt, expiresAt }) => ({ id, browser, createdAt: iso(createdAt), seenAt: iso(seenAt), expiresAt: iso(expiresAt), current: id === session.id })) };
    },
  },
  {
    method: "DELETE", path: "/sessions/:id", summary: "End one of your sessions", needs: "administrator", answer: "nothing",
    async run({ parts: { auth }, session, params }) {
      if (!(await auth.endOne(session, params["id"]!))) throw new UserError("NOT_FOUND", "This session has ended already, or it is not yours.");
      return undefined;
    },
  },
];
