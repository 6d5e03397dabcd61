import { Icon } from "../../../shared-ui/icon.tsx";
import { RelativeTime } from "../../../shared-ui/relative-time.tsx";
import type { State } from "../../wire.ts";
import * as icons from "../icons.ts";

type Level = State["level"];
const ICONS: Record<Level, string> = { ok: icons.ok, warn: icons.warn, fail: icons.fail, off: icons.off };
const WORDS: Record<Level, string> = { ok: "Working", warn: "Attention", fail: "Not working", off: "Off" };

export const LevelIcon = ({ level, label }: { level: Level; label?: string }) => <span class="level" data-level={level}><Icon svg={ICONS[level]} {...(label === undefined ? {} : { label })} /></span>;

/** One word in its colour, with its icon. */
export const StatePill = ({ state }: { state: State }) => <span class="pill" data-level={state.level}><Icon svg={ICONS[state.level]} />{WORDS[state.level]}</span>;

export const StateText = ({ state }: { state: State }) => <p class="state-text">{state.text}{state.since !== null && <span class="quiet"> Noticed <RelativeTime at={state.since} suffix="ago" />.</span>}</p>;
