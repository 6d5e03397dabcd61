import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../../shared-ui/icon.tsx";
import type { Desk } from "./desk.ts";
import { useDesk } from "./desk.ts";
import { FormDialog, ShortcutsDialog, SignInDialog } from "./dialogs.tsx";
import * as icons from "./icons.ts";
import { FaultMenu, PeopleMenu, ThemeButton } from "./menus.tsx";
import { isAdministrator } from "./sign-in.ts";
import { shopAddress } from "./site.tsx";
import { ThreadList } from "./thread-list.tsx";
import { ThreadView } from "./thread-view.tsx";
import { useShortcuts } from "./shortcuts.ts";

/** The whole page: the customer's side, and the team's. On a phone one of them at a time. `token`: of a one-time sign-in link that was opened. */
export function App({ desk, token }: { desk: Desk; token: string | null }) {
  const state = useDesk(desk);
  const [side, setSide] = useState<"site" | "desk">("desk");
  const [help, setHelp] = useState(false);
  const [link, setLink] = useState(token);
  const [administrator, setAdministrator] = useState(false);
  useEffect(() => void isAdministrator().then(setAdministrator), []);
  const commandLine = useRef<HTMLTextAreaElement>(null);
  const composer = useRef<HTMLTextAreaElement>(null);
  useShortcuts(desk, { help: () => setHelp(true), command: () => commandLine.current?.focus(), write: () => composer.current?.focus() });
  const waiting = (state.threads ?? []).filter((thread) => thread.status === "open" && !thread.retired).length;
  useEffect(() => { document.title = waiting > 0 ? `(${waiting}) Playground · Threadline` : "Playground · Threadline"; }, [waiting]);
  const thread = state.threads?.find((one) => one.id === state.openId);

  return (
    <div class="page" data-side={side}>
      <header class="top">
        <h1 class="brand"><span class="brand-mark" aria-hidden="true"><i /><i /><i /></span>Threadline <span class="brand-place">Playground</span></h1>
        <nav class="sides" aria-label="Side">
          <button type="button" aria-pressed={side === "site"} onClick={() => setSide("site")}>Site</button>
          <button type="button" aria-pressed={side === "desk"} onClick={() => setSide("desk")}>Desk{waiting > 0 && <span class="count">{waiting}</span>}</button>
        </nav>
        <div class="top-tools">
          {administrator && <a class="face-button" href="/admin/" aria-label="Admin"><Icon svg={icons.admin} /><span class="wide-only">Admin</span></a>}
          <FaultMenu desk={desk} state={state} />
          <button type="button" class="icon-button wide-only" title="Keyboard shortcuts (?)" aria-label="Keyboard shortcuts" onClick={() => setHelp(true)}><Icon svg={icons.keyboard} /></button>
          <ThemeButton />
          <PeopleMenu desk={desk} state={state} />
        </div>
      </header>
      <section class="side site-side" aria-label="A customer's site">
        <div class="side-head"><Icon svg={icons.user} /><b>What a customer sees</b><a href={shopAddress} target="_blank" rel="noreferrer">Open in a tab</a></div>
        <iframe class="site-frame" src={shopAddress} title="The shop, with the chat in its corner" />
      </section>
      <main class="side desk-side" data-open={thread !== undefined} aria-label="The team's desk">
        <ThreadList desk={desk} state={state} inputRef={commandLine} />
        <ThreadView key={state.openId ?? ""} desk={desk} state={state} thread={thread} inputRef={composer} />
      </main>
      {state.complaint !== null && (
        <div class="complaint" role="alert">
          <Icon svg={icons.trouble} /><span>{state.complaint}</span>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => desk.complain(null)}><Icon svg={icons.close} /></button>
        </div>
      )}
      {state.form !== null && <FormDialog key={state.form.id} form={state.form} submit={(values) => desk.submit(state.form!.id, values)} close={desk.closeForm} />}
      {link !== null && <SignInDialog token={link} close={() => setLink(null)} />}
      {help && <ShortcutsDialog close={() => setHelp(false)} />}
    </div>
  );
}
