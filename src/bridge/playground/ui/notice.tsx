import { Icon } from "../../../shared-ui/icon.tsx";
import type { Notice } from "./api.ts";
import type { Desk } from "./desk.ts";
import * as icons from "./icons.ts";
import { RichText } from "./rich-text.tsx";

/** Words without buttons are old after this; milliseconds. */
const OLD_MS = 10 * 60_000;

/** Notices worth showing: those that wait for an answer, and what was said lately. */
export const current = (notices: Notice[]): Notice[] => notices.filter((notice) => notice.buttons.length > 0 || Date.now() - Date.parse(notice.at) < OLD_MS);

/** What is said to one person alone, with its buttons; gone once it is answered or put away. One or two buttons answer a question, the first is the main one; more are a menu. */
export function NoticeCard({ desk, notice }: { desk: Desk; notice: Notice }) {
  return (
    <div class="notice" role="status">
      <div class="notice-head"><Icon svg={icons.eyeOff} /><span>Only you can see this</span><button type="button" class="icon-button" title="Put away" aria-label="Put away" onClick={() => void desk.dismiss(notice.id)}><Icon svg={icons.close} /></button></div>
      <div class="notice-text"><RichText text={notice.text} /></div>
      {notice.buttons.length > 0 && (
        <div class="buttons">{notice.buttons.map((button, n) => <button key={button.id} type="button" class="button" data-main={n === 0 && notice.buttons.length < 3} onClick={() => void desk.press(notice, button.id)}>{button.label}</button>)}</div>
      )}
    </div>
  );
}
