import type { WireFile, WireMessage } from "../../../src/channels/widget/wire.ts";
import { Avatar } from "../../../src/shared-ui/avatar.tsx";
import { clockTime, exactTime } from "../../../src/shared-ui/time.ts";
import type { Api } from "../api.ts";
import type { Pending } from "../outbox.ts";
import { words } from "../words.ts";
import { Attachment } from "./attachment.tsx";
import { Choices } from "./choices.tsx";
import { Receipt } from "./receipt.tsx";
import { RichText } from "./rich-text.tsx";

interface Place { first: boolean; last: boolean }
interface Files { api: Api; token: string | null }

/** One stored line. A run of lines by one person within minutes shows its name once and its time at the end. */
export function Line({ line, place, showReceipt, chosen, onPress, ...files }: { line: WireMessage; place: Place; showReceipt: boolean; chosen: string | undefined; onPress: (choice: { id: string; label: string }) => void } & Files) {
  const mine = line.kind === "incoming";
  const at = Date.parse(line.createdAt);
  return (
    <li class="line" data-side={mine ? "mine" : "theirs"} data-first={place.first ? "" : undefined}>
      {!mine && <span class="line-face">{place.last && <Avatar name={line.author.name} src={line.author.avatar} size={28} />}</span>}
      <div class="line-body">
        <span class={mine || !place.first ? "tl-visually-hidden" : "line-name"}>{mine ? words.you : line.author.name}</span>
        <Bubble body={line.body} format={line.format} files={line.files} deleted={line.deleted} title={exactTime(at)} {...files} />
        {line.choices !== undefined && <Choices line={line} chosen={chosen} onPress={onPress} />}
        {(place.last || line.edited) && (
          <span class="line-foot">
            {line.edited && !line.deleted && <span>{words.edited}</span>}
            {place.last && <time dateTime={line.createdAt} title={exactTime(at)}>{clockTime(at)}</time>}
            {showReceipt && line.receipt !== undefined && <Receipt state={line.receipt} />}
          </span>
        )}
      </div>
    </li>
  );
}

/** One line that the server does not have yet. */
export function PendingLine({ line, onRetry, onDiscard, ...files }: { line: Pending; onRetry: () => void; onDiscard: () => void } & Files) {
  return (
    <li class="line" data-side="mine" data-state={line.state}>
      <div class="line-body">
        <span class="tl-visually-hidden">{words.you}</span>
        <Bubble body={line.body} files={line.files} deleted={false} title={exactTime(line.at)} {...files} />
        <span class="line-foot">
          <Receipt state={line.state} />
          {line.state === "failed" && (
            <>
              <button type="button" class="link-button" onClick={onRetry}>{words.retry}</button>
              <button type="button" class="link-button" onClick={onDiscard}>{words.discard}</button>
            </>
          )}
        </span>
        {line.why !== undefined && line.state === "failed" && <p class="line-why" role="alert">{line.why}</p>}
      </div>
    </li>
  );
}

function Bubble({ body, format, files, deleted, title, api, token }: { body: string; format?: WireMessage["format"] | undefined; files: WireFile[]; deleted: boolean; title: string } & Files) {
  if (deleted) return <div class="bubble" data-deleted="" title={title}>{words.deleted}</div>;
  return (
    <>
      {body !== "" && <div class="bubble" title={title}><RichText text={body} {...(format === undefined ? {} : { format })} /></div>}
      {files.map((file) => <Attachment key={file.fileId} file={file} api={api} token={token} />)}
    </>
  );
}
