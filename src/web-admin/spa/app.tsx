import { useEffect, useState } from "preact/hooks";
import type { SignedIn } from "../wire.ts";
import { CallError, signOut, whoAmI } from "./api.ts";
import { Frame, MENU } from "./frame.tsx";
import * as icons from "./icons.ts";
import { listen } from "./live.ts";
import { AgentsPage } from "./pages/agents.tsx";
import { DesksPage } from "./pages/desks.tsx";
import { HealthPage } from "./pages/health.tsx";
import { InboxesPage } from "./pages/inboxes.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { SessionsPage } from "./pages/sessions.tsx";
import { Dialog } from "./parts/dialog.tsx";
import { Empty, Page } from "./parts/page.tsx";
import { go, usePage, type PageName } from "./router.ts";
import { NotForYou, SignIn, takeToken } from "./sign-in.tsx";

/** Asked again while the server does not say who is here, in milliseconds. */
const AGAIN_MS = 2_000;
const token = takeToken();

function Admin({ who, ask }: { who: SignedIn; ask: () => void }) {
  const page = usePage();
  const [help, setHelp] = useState(false);
  useEffect(() => listen(ask), []);
  useKeys(() => setHelp(true));
  const leave = () => void signOut().finally(ask);
  const pages: Record<PageName, () => preact.JSX.Element> = {
    overview: () => <OverviewPage />, desks: () => <DesksPage />, inboxes: () => <InboxesPage />, agents: () => <AgentsPage />, health: () => <HealthPage />, sessions: () => <SessionsPage leave={leave} />,
  };
  return (
    <Frame page={page} name={who.name} help={() => setHelp(true)} leave={leave}>
      {page === null ? <Page title="Nothing here" about="There is no page at this address."><Empty icon={icons.off} title="This address leads nowhere">Choose a page in the menu.</Empty></Page> : pages[page]()}
      {help && <Dialog title="Keyboard shortcuts" close={() => setHelp(false)}><dl class="shortcuts">{[...MENU.map(({ title }, i) => [title, String(i + 1)]), ["This list", "?"], ["Close what lies over the page", "Esc"]].map(([what, key]) => <div key={key}><dt>{what}</dt><dd><kbd>{key}</kbd></dd></div>)}</dl></Dialog>}
    </Frame>
  );
}

/** Single keys; none while somebody types or a window lies over the page. */
function useKeys(help: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") !== null) return;
      if (event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
      const entry = MENU[Number(event.key) - 1];
      if (event.key === "?") help();
      else if (entry !== undefined) go(entry.page);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

/** Who is here decides what is shown. */
export function App() {
  const [who, setWho] = useState<SignedIn | null>(null);
  const [away, setAway] = useState<string | null>(null);
  const [link, setLink] = useState(token);
  const ask = () => {
    whoAmI().then((answer) => { setWho(answer); setAway(null); }, (error: unknown) => {
      setAway(error instanceof CallError ? error.message : "The answer could not be read.");
      setTimeout(ask, AGAIN_MS);
    });
  };
  useEffect(ask, []);
  if (who === null) return away === null ? null : <main class="door"><div class="card" role="alert"><h1>The admin can’t be reached</h1><p>{away}</p></div></main>;
  if (link !== null || who.role === null) return <SignIn token={link} inside={who.role !== null} done={() => { setLink(null); ask(); }} />;
  return who.role === "administrator" ? <Admin who={who} ask={ask} /> : <NotForYou who={who} left={ask} />;
}
