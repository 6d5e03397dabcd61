import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "../../shared-ui/icon.tsx";
import { chooseTheme, currentTheme, type Theme } from "../../shared-ui/theme.ts";
import * as icons from "./icons.ts";
import { addressOf, follow, type PageName } from "./router.ts";

export const Brand = () => <p class="brand"><span class="brand-mark" aria-hidden="true"><i /><i /><i /></span>Threadline <span class="brand-place">Admin</span></p>;

const THEMES: Record<Theme, { next: Theme; icon: string; words: string }> = {
  system: { next: "light", icon: icons.monitor, words: "Colours as the system has them" }, light: { next: "dark", icon: icons.sun, words: "Light colours" }, dark: { next: "system", icon: icons.moon, words: "Dark colours" },
};
function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(currentTheme);
  const { next, icon, words } = THEMES[theme];
  return <button type="button" class="icon-button" title={words} aria-label={`${words}; change`} onClick={() => { chooseTheme(next); setTheme(next); }}><Icon svg={icon} /></button>;
}

/** In the order of the menu; the number is the key that opens it. */
export const MENU: readonly { page: PageName; title: string; icon: string }[] = [
  { page: "overview", title: "Overview", icon: icons.overview }, { page: "desks", title: "Desks", icon: icons.desks }, { page: "inboxes", title: "Inboxes", icon: icons.inboxes },
  { page: "agents", title: "Agents", icon: icons.agents }, { page: "health", title: "Health", icon: icons.health },
];

/** Menu beside the page; on a phone below it. */
export function Frame({ page, name, help, leave, children }: { page: PageName | null; name: string | null; help: () => void; leave: () => void; children: ComponentChildren }) {
  return (
    <div class="frame">
      <a class="skip" href="#page">Skip the menu</a>
      <header class="side">
        <Brand />
        <nav class="menu" aria-label="Pages">
          {MENU.map((entry) => <a key={entry.page} href={addressOf(entry.page)} onClick={follow(entry.page)} aria-current={entry.page === page ? "page" : undefined}><Icon svg={entry.icon} /><span>{entry.title}</span></a>)}
        </nav>
        <div class="side-foot">
          <a class="side-link wide-only" href="/playground/"><Icon svg={icons.playground} />Playground</a>
          <a class="side-link who" href={addressOf("sessions")} onClick={follow("sessions")} aria-current={page === "sessions" ? "page" : undefined} title="Your sessions"><Icon svg={icons.sessions} /><span>{name ?? "Administrator"}</span></a>
          <div class="tools">
            <a class="icon-button narrow-only" href="/playground/" aria-label="Playground"><Icon svg={icons.playground} /></a>
            <ThemeButton />
            <button type="button" class="icon-button wide-only" title="Keyboard shortcuts (?)" aria-label="Keyboard shortcuts" onClick={help}><Icon svg={icons.keyboard} /></button>
            <button type="button" class="icon-button" title="Sign out" aria-label="Sign out" onClick={leave}><Icon svg={icons.signOut} /></button>
          </div>
        </div>
      </header>
      <main id="page" class="page">{children}</main>
    </div>
  );
}
