/** What a widget inbox is: a public key, the sites that may show it, and the secret that vouches for signed-in visitors. */
import { z } from "zod";
import type { ChannelKind } from "../shared/kind.ts";
import { widgetAdapter } from "./adapter.ts";
import { isOriginRule } from "./origins.ts";

export const widgetSettings = z.strictObject({
  key: z
    .string({ error: "needs a key: the public name of this widget, as in data-inbox-key" })
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/i, "may hold letters, digits, - and _, at most 64"),
  allowedOrigins: z
    .array(z.string().refine(isOriginRule, 'must be "*", an origin such as https://example.com, or https://*.example.com'))
    .min(1, 'needs at least one origin, or "*" for every site')
    .default(["*"]),
  identitySecret: z.string().min(16, "must have at least 16 characters").optional(),
});
export type WidgetSettings = z.infer<typeof widgetSettings>;

export const widgetKind: ChannelKind<WidgetSettings> = {
  id: "widget",
  settings: widgetSettings,
  read: (s) => ({
    identity: s.key,
    config: { allowedOrigins: s.allowedOrigins },
    secrets: s.identitySecret === undefined ? {} : { identitySecret: s.identitySecret },
  }),
  create: () => widgetAdapter,
};
