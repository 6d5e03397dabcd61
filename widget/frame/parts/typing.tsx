import { words } from "../words.ts";

/** An agent is writing. */
export function Typing({ name }: { name: string }) {
  return (
    <p class="typing" role="status">
      <span class="dots" aria-hidden="true"><i /><i /><i /></span>
      {words.typing(name)}
    </p>
  );
}
