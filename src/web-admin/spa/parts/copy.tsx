import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../../shared-ui/icon.tsx";
import * as icons from "../icons.ts";

const SHOWN_MS = 2_000;

/** A text to take along, with its button. */
export function Copyable({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState<"no" | "yes" | "refused">("no");
  useEffect(() => {
    if (copied === "no") return undefined;
    const timer = setTimeout(() => setCopied("no"), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    // there is no clipboard on a page over plain HTTP from elsewhere
    try { await navigator.clipboard.writeText(text); setCopied("yes"); } catch { setCopied("refused"); }
  };
  return (
    <div class="copyable">
      <code tabIndex={0} role="group" aria-label={what}>{text}</code>
      <button type="button" class="button" aria-label={`Copy ${what}`} onClick={() => void copy()}><Icon svg={copied === "yes" ? icons.check : icons.copy} /><span aria-live="polite">{{ no: "Copy", yes: "Copied", refused: "Select it" }[copied]}</span></button>
    </div>
  );
}
