/** What the widget can do: our own, so its manual is its own code. */
import type { Capabilities } from "../../core/model/capabilities.ts";
import { FORMATS } from "../shared/pieces.ts";

/** Far above what a desk lets an agent write in one message. */
const MAX_TEXT = 40_000;
const room = (file: string): string => `src/channels/widget/${file}`;

export const capabilities = {
  text: { is: MAX_TEXT, source: room("adapter.ts") },
  files: { is: 50_000_000, source: "src/bridge/discord/in/files.ts", but: "what desks hand over" },
  formatting: { is: FORMATS, source: room("formatted.ts") },
  edit: { is: true, source: room("adapter.ts") },
  delete: { is: true, source: room("adapter.ts") },
  react: { is: false, source: room("wire.ts") },
  quotes: { is: false, source: room("wire.ts") },
  choices: { is: MAX_TEXT, source: room("wire.ts") },
  recipients: { is: null, source: room("wire.ts") },
  typing: { is: true, source: room("socket.ts") },
  markRead: { is: true, source: room("wire.ts") },
  receipts: { is: "read", source: room("routes.ts") },
  blocked: { is: false, source: room("wire.ts"), but: "a visitor can't block" },
  window: { is: null, source: room("wire.ts") },
  templates: { is: false, source: room("wire.ts") },
} as const satisfies Capabilities;
