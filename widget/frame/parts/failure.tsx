import plug from "lucide-static/icons/unplug.svg";
import { Icon } from "../../../src/shared-ui/icon.tsx";
import { words } from "../words.ts";

/** Why there is no chat, and the way on. */
export function Failure({ message, onRetry }: { message: string; onRetry: () => void }) {
  return (
    <div class="blank" role="alert">
      <span class="blank-icon" data-tone="red"><Icon svg={plug} large /></span>
      <h2>{words.errorTitle}</h2>
      <p>{message === "" ? words.errorText : message}</p>
      <button type="button" class="plain-button" onClick={onRetry}>{words.retry}</button>
    </div>
  );
}
