import { words } from "../words.ts";

/** The shape of a conversation, until it is here. */
export function LoadingLines() {
  return (
    <div class="log" role="status" aria-label={words.loading}>
      <div class="skeletons" aria-hidden="true">
        {["theirs", "mine", "theirs"].map((side, i) => <span key={i} class="tl-skeleton skeleton" data-side={side} />)}
      </div>
    </div>
  );
}
