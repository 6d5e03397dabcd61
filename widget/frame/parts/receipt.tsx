import alert from "lucide-static/icons/circle-alert.svg";
import check from "lucide-static/icons/check.svg";
import checks from "lucide-static/icons/check-check.svg";
import clock from "lucide-static/icons/clock.svg";
import { Icon } from "../../../src/shared-ui/icon.tsx";
import { words } from "../words.ts";

export type ReceiptState = "waiting" | "sending" | "failed" | "sent" | "delivered" | "read";
const ICONS: Record<ReceiptState, string> = { waiting: clock, sending: clock, failed: alert, sent: check, delivered: checks, read: checks };

/** What became of the visitor's own line, in a word with its sign. */
export function Receipt({ state }: { state: ReceiptState }) {
  const text = state === "waiting" || state === "sending" || state === "failed" ? words[state] : words.receipt[state];
  return <span class="receipt" data-state={state}><Icon svg={ICONS[state]} />{text}</span>;
}
