/** What goes to a bridge. What its own vendor can't do it refuses itself, by NOT_SUPPORTED. */
import type { Capabilities } from "../../core/model/capabilities.ts";
import { FORMATS } from "../shared/pieces.ts";
import { MAX_TEXT } from "./wire.ts";

/** What a bridge may be able to show beyond text and files; it says so in its settings. */
export const SHOWN = ["choices", "quotes"] as const;
export type Shown = (typeof SHOWN)[number];

/** Bytes: what desks hand over. */
const MAX_FILE = 50_000_000;
const OURS = "docs/api-channel.md";

export const capabilitiesOf = (shows: readonly Shown[]) => ({
  text: { is: MAX_TEXT, source: OURS },
  files: { is: MAX_FILE, source: OURS, but: "a bridge sends up 25 MB" },
  formatting: { is: FORMATS, source: OURS, but: "as markdown, which the bridge shows as it can" },
  edit: { is: true, source: OURS },
  delete: { is: true, source: OURS },
  react: { is: true, source: OURS },
  quotes: { is: shows.includes("quotes"), source: OURS, but: "where `shows` has `quotes`" },
  choices: { is: shows.includes("choices") ? MAX_TEXT : null, source: OURS, but: "where `shows` has `choices`" },
  recipients: { is: null, source: OURS },
  typing: { is: true, source: OURS },
  markRead: { is: true, source: OURS },
  receipts: { is: "read", source: OURS, but: "as far as the bridge tells" },
  blocked: { is: true, source: OURS },
  window: { is: null, source: OURS },
  templates: { is: false, source: OURS },
}) as const satisfies Capabilities;
