import type { WireMessage } from "../../../src/channels/widget/wire.ts";
import { words } from "../words.ts";

/** What may be pressed under a line of the team. `chosen`: the one that was pressed last; another may be pressed in its place. */
export function Choices({ line, chosen, onPress }: { line: WireMessage; chosen: string | undefined; onPress: (choice: { id: string; label: string }) => void }) {
  return (
    <div class="choices" role="group" aria-label={words.choices}>
      {(line.choices ?? []).map((choice) => (
        <button key={choice.id} type="button" class="choice" aria-pressed={choice.id === chosen} onClick={() => { if (choice.id !== chosen) onPress(choice); }}>{choice.label}</button>
      ))}
    </div>
  );
}
