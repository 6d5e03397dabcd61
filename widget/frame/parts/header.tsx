import x from "lucide-static/icons/x.svg";
import type { TeamAnswer, WireMessage } from "../../../src/channels/widget/wire.ts";
import { Avatar } from "../../../src/shared-ui/avatar.tsx";
import { Icon } from "../../../src/shared-ui/icon.tsx";
import { expectedWords } from "../expect.ts";
import { words } from "../words.ts";
import { RepliedAgo } from "./replied-ago.tsx";

/** Who is here: the agent who answered last, else the team; and when an answer may be expected. */
export function Header({ lines, team, onClose }: { lines: readonly WireMessage[]; team: TeamAnswer | null; onClose?: () => void }) {
  const answer = lines.findLast((line) => line.kind === "outgoing");
  const expected = team === null ? null : expectedWords(team, Date.now());
  return (
    <div class="head">
      {answer !== undefined && <Avatar name={answer.author.name} src={answer.author.avatar} size={36} />}
      <div class="head-words">
        <h1>{answer?.author.name ?? words.title}</h1>
        <p>{team?.open === false ? expected : answer === undefined ? (expected ?? words.subtitle) : <RepliedAgo at={answer.createdAt} />}</p>
      </div>
      {onClose !== undefined && <button type="button" class="icon-button" aria-label={words.close} title={words.close} onClick={onClose}><Icon svg={x} large /></button>}
    </div>
  );
}
