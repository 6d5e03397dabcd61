import download from "lucide-static/icons/download.svg";
import fileIcon from "lucide-static/icons/file.svg";
import { useEffect, useRef, useState } from "preact/hooks";
import type { WireFile } from "../../../src/channels/widget/wire.ts";
import { Icon } from "../../../src/shared-ui/icon.tsx";
import type { Api } from "../api.ts";
import { sizeInWords } from "../sizes.ts";
import { words } from "../words.ts";

const SHOWN = /^image\/(png|jpeg|gif|webp|avif)$/;

/** A picture shown in place, any other file as a row to download. Files need the visitor's token, so they come by call, not by address. */
export function Attachment({ file, api, token }: { file: WireFile; api: Api; token: string | null }) {
  return SHOWN.test(file.type) ? <Picture file={file} api={api} token={token} /> : <FileRow file={file} api={api} token={token} />;
}

function Picture({ file, api, token }: { file: WireFile; api: Api; token: string | null }) {
  const [url, setUrl] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  /** The whole picture comes when somebody opens it. */
  const [whole, setWhole] = useState<string | null>(null);
  const large = useRef<HTMLDialogElement>(null);
  useEffect(() => (whole === null ? undefined : () => URL.revokeObjectURL(whole)), [whole]);
  const open = () => {
    large.current?.showModal();
    if (whole === null && token !== null) api.download(token, file.fileId).then((blob) => setWhole(URL.createObjectURL(blob))).catch(() => undefined);
  };
  useEffect(() => {
    if (token === null) return;
    let made: string | null = null, gone = false;
    api.download(token, file.fileId, true)
      .then((blob) => { if (!gone) setUrl((made = URL.createObjectURL(blob))); })
      .catch(() => { if (!gone) setFailed(true); });
    return () => { gone = true; if (made !== null) URL.revokeObjectURL(made); };
  }, [file.fileId, api, token]);
  if (failed) return <FileRow file={file} api={api} token={token} />;
  if (url === null) return <span class="picture tl-skeleton" role="img" aria-label={file.name} />;
  return (
    <>
      <button type="button" class="picture" aria-label={words.openImage(file.name)} title={file.name} onClick={open}><img src={url} alt={file.name} /></button>
      <dialog ref={large} class="large-picture" aria-label={file.name} onClick={() => large.current?.close()} onKeyDown={(event) => event.stopPropagation()}>
        <img src={whole ?? url} alt={file.name} />
      </dialog>
    </>
  );
}

function FileRow({ file, api, token }: { file: WireFile; api: Api; token: string | null }) {
  const [failed, setFailed] = useState(false);
  const save = async () => {
    if (token === null) return;
    setFailed(false);
    try {
      const url = URL.createObjectURL(await api.download(token, file.fileId));
      const link = document.createElement("a");
      link.href = url;
      link.download = file.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch { setFailed(true); }
  };
  return (
    <button type="button" class="file-row" aria-label={words.download(file.name)} title={file.name} onClick={() => void save()}>
      <Icon svg={fileIcon} large />
      <span class="file-words"><span class="file-name">{file.name}</span><span class="file-size">{failed ? words.fileGone : sizeInWords(file.bytes)}</span></span>
      <Icon svg={download} />
    </button>
  );
}
