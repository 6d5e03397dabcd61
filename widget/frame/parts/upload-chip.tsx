import fileIcon from "lucide-static/icons/file.svg";
import rotate from "lucide-static/icons/rotate-cw.svg";
import x from "lucide-static/icons/x.svg";
import { Icon } from "../../../src/shared-ui/icon.tsx";
import { sizeInWords } from "../sizes.ts";
import { words } from "../words.ts";
import type { Upload } from "./use-uploads.ts";

/** One file of the next message, with how far it is. */
export function UploadChip({ upload, onRetry, onRemove }: { upload: Upload; onRetry: () => void; onRemove: () => void }) {
  const { file, share, done, failed } = upload;
  const percent = Math.round(share * 100);
  const state = failed ?? (done === null ? words.uploading(percent) : sizeInWords(file.size));
  return (
    <li class="chip" data-failed={failed === null ? undefined : ""}>
      <Icon svg={fileIcon} />
      <span class="chip-words">
        <span class="chip-name" title={file.name}>{file.name}</span>
        <span class="chip-state" role={failed === null ? undefined : "alert"}>{state}</span>
      </span>
      {failed !== null && <button type="button" class="icon-button" data-small aria-label={words.retry} title={words.retry} onClick={onRetry}><Icon svg={rotate} /></button>}
      <button type="button" class="icon-button" data-small aria-label={words.removeFile(file.name)} title={words.removeFile(file.name)} onClick={onRemove}><Icon svg={x} /></button>
      {done === null && failed === null && <progress class="chip-progress" max={100} value={percent} aria-label={words.uploading(percent)} />}
    </li>
  );
}
