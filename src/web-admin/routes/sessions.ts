/** Where one is signed in, and how to end that. */
import { UserError } from "../../core/errors.ts";
import { sessions } from "../wire.ts";
import { iso, type AdminCall } from "./call.ts";

export const sessionCalls: AdminCall[] = [
  {
    method: "GET", path: "/sessions", summary: "List where you are signed in", about: "Admin", needs: "admin.read", by: "session", answers: { 200: sessions }, codes: [],
    async run({ parts: { auth }, caller }) {
      const session = caller.session!;
      const found = await auth.sessionsOf(session);
      return { sessions: found.map(({ id, browser, createdAt, seenAt, expiresAt }) => ({ id, browser, createdAt: iso(createdAt), seenAt: iso(seenAt), expiresAt: iso(expiresAt), current: id === session.id })) };
    },
  },
  {
    method: "DELETE", path: "/sessions/:id", summary: "End one of your sessions", about: "Admin", needs: "admin.write", by: "session", answers: { 204: "nothing" }, codes: ["NOT_FOUND"],
    async run({ parts: { auth }, caller, params }) {
      if (!(await auth.endOne(caller.session!, params["id"]!))) throw new UserError("NOT_FOUND", "This session has ended already, or it is not yours.");
      return undefined;
    },
  },
];
