/** `POST /auth/v1/link` turns a link's token into a session cookie, `GET /auth/v1/session` says who is signed in, `POST /auth/v1/logout` ends it. */
import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import { SESSION_COOKIE, SESSION_MS, sessionTokenIn } from "./auth.ts";
import type { Auth } from "./auth.ts";
import type { SignedIn } from "../wire.ts";

const LinkBody = z.strictObject({ token: z.string().min(1).max(200) });

/** `secure`: the browser reaches us over HTTPS, so the cookie must never go over anything else. */
export const authRoutes = ({ auth, secure }: { auth: Auth; secure: boolean }): FastifyPluginAsync => async (app) => {
  const cookie = (value: string, seconds: number) =>
    `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure ? "; Secure" : ""}`;

  app.post("/auth/v1/link", async (request, reply) => {
    const token = await auth.redeem(LinkBody.parse(request.body).token, request.headers);
    const session = await auth.sessionOf({ headers: { cookie: `${SESSION_COOKIE}=${token}` }, host: request.host });
    return reply.header("set-cookie", cookie(token, SESSION_MS / 1000)).send({ role: session?.role ?? null });
  });

  app.get("/auth/v1/session", async (request): Promise<SignedIn> => {
    const session = await auth.sessionOf(request);
    return { role: session?.role ?? null, name: session?.agent?.name ?? null };
  });

  app.post("/auth/v1/logout", async (request, reply) => {
    const token = sessionTokenIn(request.headers);
    if (token !== null) await auth.end(token);
    return reply.code(204).header("set-cookie", cookie("", 0)).send();
  });
};

/** The one-time link as it is printed; the token stands in the fragment, which no browser sends to a server or a log. `page` is where its button waits. */
export const signInLink = (baseUrl: string, token: string, page: "playground" | "admin" = "playground"): string => `${baseUrl}/${page}/#link=${token}`;
