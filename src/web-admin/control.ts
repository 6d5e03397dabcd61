/** What a command on the same machine asks of the running server. It shows the token that only this user's files hold. */
import { timingSafeEqual } from "node:crypto";
import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import type { ApplyResult } from "../core/settings-file/apply.ts";

export interface ControlParts {
  /** From `newRunToken`, as written to the run file. */
  token: string;
  /** Applies a settings file and brings channels and desks to it. `folder`: where it lies. */
  apply(text: string, env: Record<string, string>, folder: string | undefined): Promise<ApplyResult>;
  /** Takes up again what was parked after ten tries. */
  retryParked(): Promise<{ retried: number }>;
  delivery(act: "pause" | "resume"): Promise<{ queued: number }>;
}

const ApplyBody = z.strictObject({ text: z.string().max(500_000), env: z.record(z.string(), z.string()), folder: z.string().max(4_000).optional() });
const RetryBody = z.strictObject({});
const DeliveryBody = z.strictObject({ act: z.enum(["pause", "resume"]) });

export const controlRoutes = ({ token, apply, delivery, retryParked }: ControlParts): FastifyPluginAsync => async (app) => {
  const expected = Buffer.from(`Bearer ${token}`);
  app.addHook("onRequest", async (request) => {
    const given = Buffer.from(request.headers.authorization ?? "");
    if (given.length === 0) throw new UserError("NO_TOKEN", "This address is for `npx threadline` on the server's own machine.");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new UserError("BAD_TOKEN", "The token is not that of this server. Run the command with the same DATA_DIR.");
  });
  app.post("/control/v1/apply", async (request) => {
    const { text, env, folder } = ApplyBody.parse(request.body);
    return apply(text, env, folder);
  });
  app.post("/control/v1/retry", async (request) => {
    RetryBody.parse(request.body);
    return retryParked();
  });
  app.post("/control/v1/delivery", async (request) => delivery(DeliveryBody.parse(request.body).act));
};
