import x from "lucide-static/icons/x.svg";
import type { WireMessage } from "../../../src/channels/widget/wire.ts";
import { Avatar } from "../../../src/shared-ui/avatar.tsx";
import { Icon } from "../../../src/shared-ui/icon.tsx";
import { words } from "../words.ts";
import { RepliedAgo } from "./replied-ago.tsx";

/** Who is here: the agent who answered last, else the team. */
export function Header({ lines, onClose }: { lines: readonly WireMessage[]; onClose?: () => void }) {
  const answer = lines.findLast((line) => line.kind === "outgoing");
  return (
    <div class="head">
      {answer !== undefined && <Avatar name={answer.author.name} src={answer.author.avatar} size={36} />}
      <div class="head-words">
        <h1>{answer?.author.name ?? words.title}</h1>
        <p>{answer === undefined ? words.subtitle : <RepliedAgo at={answer.createdAt} />}</p>
      </div>
      {onClose !== undefined && <button type="button" class="icon-button" aria-label={words.close} title={words.close} onClick={onClose}><Icon svg={x} large /></button>}
    </div>
  );
}
