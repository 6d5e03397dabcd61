import { useState } from "preact/hooks";
import { Avatar } from "../../../shared-ui/avatar.tsx";
import { Icon } from "../../../shared-ui/icon.tsx";
import { clockTime, exactTime } from "../../../shared-ui/time.ts";
import { fileAddress, type FileView, type Post, type Thread } from "./api.ts";
import type { Desk } from "./desk.ts";
import * as icons from "./icons.ts";
import { Menu } from "./menu.tsx";
import { RichText } from "./rich-text.tsx";
import { bytesInWords, HELD_WORDS, RECEIPT_WORDS } from "./words.ts";

const BOT = "Threadline";
const QUICK = ["👍", "❤️", "👀", "✅", "❌", "🔒"];
const PICTURE = /^image\/(png|jpeg|gif|webp)$/;

interface RowProps { desk: Desk; me: string; thread: Thread; post: Post; follows: boolean }

/** "Ana · Telegram" without its channel, for a face. */
const personOf = (name: string) => name.split(" · ")[0]!;
const Time = ({ at }: { at: string }) => <time class="post-time" dateTime={at} title={exactTime(Date.parse(at))}>{clockTime(Date.parse(at))}</time>;

function FileLine({ file }: { file: FileView }) {
  const address = fileAddress(file.fileId);
  if (PICTURE.test(file.type)) return <a class="picture" href={address} target="_blank" rel="noreferrer"><img src={`${address}?size=small`} alt={file.name} loading="lazy" /></a>;
  return <a class="file" href={address} download={file.name}><Icon svg={icons.file} /><span>{file.name}</span><span class="quiet">{bytesInWords(file.bytes)}</span></a>;
}

/** Why a line stays inside, in words beside a lock. */
function Inside({ post }: { post: Post }) {
  if (post.held !== undefined) return <p class="inside"><Icon svg={icons.lock} /><b>Held, not sent.</b> {HELD_WORDS[post.held] ?? "It waits for its author's word."}</p>;
  if (post.inside === "unknown") return <p class="inside not-yet"><Icon svg={icons.clock} />Threadline has not taken this yet. Nothing was sent.</p>;
  if (post.inside === "note") return <p class="inside"><Icon svg={icons.lock} /><b>Note.</b> Only the team sees it.</p>;
  return null;
}

/** Receipt and reactions, with words; people's reactions are buttons. */
function Chips({ desk, me, thread, post }: RowProps) {
  const receipt = post.receipt === undefined ? undefined : RECEIPT_WORDS[post.receipt];
  const byEmoji = new Map<string, string[]>();
  for (const { emoji, by } of post.reactions) if (by !== BOT) byEmoji.set(emoji, [...(byEmoji.get(emoji) ?? []), by]);
  if (byEmoji.size === 0 && receipt === undefined) return null;
  return (
    <div class="chips">
      {receipt !== undefined && <span class="chip receipt" data-receipt={post.receipt} title={receipt.says}><Icon svg={receipt.icon} />{receipt.word}</span>}
      {post.receipt === "queued" && <button type="button" class="chip undo" onClick={() => void desk.react(thread.id, post.id, "❌", false)}><Icon svg={icons.undo} />Undo</button>}
      {[...byEmoji].map(([emoji, by]) => (
        <button key={emoji} type="button" class="chip" aria-pressed={by.includes(me)} title={by.join(", ")} onClick={() => void desk.react(thread.id, post.id, emoji, by.includes(me))}><span class="emoji">{emoji}</span>{by.length}</button>
      ))}
    </div>
  );
}

function Tools({ desk, me, thread, post, startEdit }: RowProps & { startEdit: () => void }) {
  const mine = post.kind === "person" && post.author.name === me;
  return (
    <div class="post-tools">
      <Menu icon={icons.react} title="React" align="right">
        {(close) => <div class="emoji-row">{QUICK.map((emoji) => <button key={emoji} type="button" aria-label={`React with ${emoji}`} onClick={() => { void desk.react(thread.id, post.id, emoji, false); close(); }}>{emoji}</button>)}</div>}
      </Menu>
      {mine && <button type="button" class="icon-button" title="Edit" aria-label="Edit" onClick={startEdit}><Icon svg={icons.edit} /></button>}
      {mine && <button type="button" class="icon-button" title="Delete" aria-label="Delete" onClick={() => void desk.remove(thread.id, post.id)}><Icon svg={icons.remove} /></button>}
    </div>
  );
}

function Editor({ text, save, cancel }: { text: string; save: (text: string) => void; cancel: () => void }) {
  const [value, setValue] = useState(text);
  return (
    <form class="editor" onSubmit={(event) => { event.preventDefault(); save(value); }}>
      <textarea
        aria-label="Edit the message" rows={Math.min(8, value.split("\n").length + 1)} value={value} ref={(box) => { if (box !== null && document.activeElement !== box) box.focus(); }}
        onInput={(event) => setValue(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); cancel(); }
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); save(value); }
        }}
      />
      <div class="buttons"><button type="submit" class="button" data-main="true">Save</button><button type="button" class="button" onClick={cancel}>Cancel</button></div>
    </form>
  );
}

/** One post of a thread, as its kind asks for. */
export function PostRow(props: RowProps) {
  const { desk, thread, post, follows } = props;
  const [editing, setEditing] = useState(false);
  if (post.kind === "activity" || post.kind === "system") return <p class="activity-line"><Icon svg={icons.activity} /><RichText text={post.text} /><Time at={post.at} /></p>;
  const kind = post.author.kind;
  const inside = post.deleted ? "gone" : post.held === undefined ? post.inside : "held";
  return (
    <article class="post" data-kind={kind} data-inside={inside} data-follows={follows} aria-label={`${post.author.name}: ${post.deleted ? "deleted" : post.text}`}>
      {follows ? <span class="post-gutter" aria-hidden="true"><Time at={post.at} /></span> : <Avatar name={kind === "customer" ? personOf(post.author.name) : post.author.name} src={kind === "customer" ? undefined : post.avatar} size={28} shape={kind === "customer" ? "square" : "round"} />}
      <div class="post-body">
        {!follows && <header><b>{post.author.name}</b>{kind === "customer" && <span class="tag" data-tag="customer">Customer</span>}{kind === "guest" && <span class="tag">Guest</span>}<Time at={post.at} /></header>}
        {!post.deleted && !editing && <Inside post={post} />}
        {editing
          ? <Editor text={post.text} cancel={() => setEditing(false)} save={(text) => { setEditing(false); if (text !== post.text) void desk.edit(thread.id, post.id, text); }} />
          : <div class="post-text">{post.inside === "command" && <Icon svg={icons.terminal} label="Command" />}{post.deleted && post.text === "" ? <i class="quiet">Deleted</i> : <RichText text={post.text} spans={post.spans ?? []} markdown={kind === "agent"} />}{post.deleted && post.text !== "" && <i class="quiet"> (deleted by the customer)</i>}{post.edited && !post.deleted && <span class="quiet edited"> (edited)</span>}</div>}
        {post.files.map((file) => <FileLine key={file.fileId} file={file} />)}
        {!post.deleted && <Chips {...props} />}
      </div>
      {!post.deleted && !editing && <Tools {...props} startEdit={() => setEditing(true)} />}
    </article>
  );
}
