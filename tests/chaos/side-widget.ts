/** The widget: it lives in the servers, so it has no faults of its own; its page sends again under the same clientId. */
import { widgetCustomer } from "./customers.ts";
import type { MakeSide } from "./side.ts";
import { WIDGET_KEY } from "./world.ts";

export const widget: MakeSide = async () => ({
  settings: `name: Website, channel: widget, key: ${WIDGET_KEY}, allowedOrigins: ["*"]`,
  customer: widgetCustomer, actors: () => [], got: (talk) => talk.got, pending: () => 0, heal: () => undefined, close: async () => undefined,
});
