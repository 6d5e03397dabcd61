import { useState } from "preact/hooks";
import { Avatar } from "../../../shared-ui/avatar.tsx";
import { Icon } from "../../../shared-ui/icon.tsx";
import type { Desk, DeskState } from "./desk.ts";
import * as icons from "./icons.ts";
import { Menu } from "./menu.tsx";
import { chooseTheme, currentTheme, type Theme } from "../../../shared-ui/theme.ts";

const ROLE_WORDS: Record<string, string> = { administrator: "Administrator", supervisor: "Supervisor", agent: "Agent" };

/** Who this page acts as: any agent, or a stranger. */
export function PeopleMenu({ desk, state }: { desk: Desk; state: DeskState }) {
  const [name, setName] = useState("");
  const me = state.agents.find((agent) => agent.name === state.me);
  const choice = (who: string, sub: string, avatar: string | undefined, close: () => void) => (
    <button key={who} type="button" class="menu-row" aria-pressed={who === state.me} onClick={() => { desk.actAs(who); close(); }}>
      <Avatar name={who} src={avatar} size={24} /><span><b>{who}</b><small>{sub}</small></span>{who === state.me && <Icon svg={icons.check} label="This is you" />}
    </button>
  );
  if (state.me === "") return <span class="tl-skeleton" style={{ width: "96px", height: "24px" }} />;
  return (
    <Menu title={`Act as somebody else (now ${state.me})`} align="right" face={<><Avatar name={state.me} src={me?.avatar} size={24} /><span class="wide-only">{state.me}</span><Icon svg={icons.down} /></>}>
      {(close) => (
        <>
          <p class="menu-title">You act as</p>
          {state.agents.map((agent) => choice(agent.name, ROLE_WORDS[agent.role] ?? agent.role, agent.avatar, close))}
          {state.guests.map((guest) => choice(guest, "Guest: what they write stays a note", undefined, close))}
          <form class="menu-form" onSubmit={(event) => { event.preventDefault(); void desk.addGuest(name.trim()).then((done) => { if (done === true) { setName(""); close(); } }); }}>
            <Icon svg={icons.guest} /><input aria-label="Name of a guest" placeholder="Add a guest" value={name} maxLength={60} onInput={(event) => setName(event.currentTarget.value)} />
            <button type="submit" class="button" disabled={name.trim() === ""}>Add</button>
          </form>
        </>
      )}
    </Menu>
  );
}

const DELAYS = [[0, "No delay"], [500, "0.5 s a call"], [2_000, "2 s a call"], [8_000, "8 s a call"]] as const;

/** Breaks the desk on purpose, to watch the bridge heal. */
export function FaultMenu({ desk, state }: { desk: Desk; state: DeskState }) {
  const { faults } = state;
  const active = faults.delayMs > 0 || faults.dropEvents || faults.refusePosts;
  return (
    <Menu title="Break the desk on purpose" align="right" active={active} face={<><Icon svg={icons.faults} /><span class="wide-only">{active ? "Faults on" : "Faults"}</span></>}>
      {() => (
        <div class="faults">
          <p class="menu-title">Break it on purpose</p>
          <p class="menu-help">Nothing is lost: when a fault ends, the bridge catches up by itself.</p>
          <label class="switch"><input type="checkbox" checked={faults.refusePosts} onChange={(event) => void desk.setFaults({ ...faults, refusePosts: event.currentTarget.checked })} /><span><b>Refuse posts</b><small>The desk takes nothing: customers' lines wait, then arrive in order.</small></span></label>
          <label class="switch"><input type="checkbox" checked={faults.dropEvents} onChange={(event) => void desk.setFaults({ ...faults, dropEvents: event.currentTarget.checked })} /><span><b>Drop events</b><small>Threadline hears nothing from the desk until this ends.</small></span></label>
          <label class="field"><span>Slow down</span><select value={String(faults.delayMs)} onChange={(event) => void desk.setFaults({ ...faults, delayMs: Number(event.currentTarget.value) })}>{DELAYS.map(([ms, words]) => <option key={ms} value={String(ms)}>{words}</option>)}</select></label>
        </div>
      )}
    </Menu>
  );
}

const THEMES: Record<Theme, { next: Theme; icon: string; words: string }> = {
  system: { next: "light", icon: icons.monitor, words: "Colours as the system has them" }, light: { next: "dark", icon: icons.sun, words: "Light colours" }, dark: { next: "system", icon: icons.moon, words: "Dark colours" },
};

export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(currentTheme);
  const { next, icon, words } = THEMES[theme];
  return <button type="button" class="icon-button" title={words} aria-label={`${words}; change`} onClick={() => { chooseTheme(next); setTheme(next); }}><Icon svg={icon} /></button>;
}
