/** What an empty installation starts with, written as the settings file that anybody could have written. */
import type { Store } from "../core/store/store.ts";
import { applySettings } from "../core/settings-file/apply.ts";
import type { ApplyDeps } from "../core/settings-file/apply.ts";

interface Face { shirt: string; back: string; skin: string; hair: string; /** SVG path of the hair on a 48 × 48 face. */ cut: string }

/** A face as a data address; drawn here, so that it needs no file and no network. */
function face({ shirt, back, skin, hair, cut }: Face): string {
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 48'><rect width='48' height='48' fill='${back}'/><path d='M8 48c0-9 7-13 16-13s16 4 16 13z' fill='${shirt}'/><path d='M20 28h8v8a4 4 0 0 1-8 0z' fill='${skin}'/><ellipse cx='24' cy='22' rx='9' ry='10.5' fill='${skin}'/><path d='${cut}' fill='${hair}'/><g fill='#1f2937'><circle cx='20.5' cy='22' r='1.1'/><circle cx='27.5' cy='22' r='1.1'/></g><path d='M20.5 27c2 1.8 5 1.8 7 0' fill='none' stroke='#1f2937' stroke-width='1.2' stroke-linecap='round'/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

const mara = face({ back: "#e0e7ff", shirt: "#4f46e5", skin: "#f1c7a5", hair: "#7c3f1d", cut: "M24 8c-8 0-12 5-12 13 0 6 1 11 3 14h4c-3-4-4-9-3-15 5 0 9-2 11-5 2 3 3 4 5 5 1 6 0 11-3 15h4c2-3 3-8 3-14 0-8-4-13-12-13z" });
const jonas = face({ back: "#dcfce7", shirt: "#15803d", skin: "#8d5a3b", hair: "#1c1917", cut: "M15 22c-2-9.5 3-14.5 9-14.5s11 5 9 14.5c.2-3-.6-5.8-2.2-7-4 1.2-9.6 1.2-13.6 0-1.6 1.2-2.4 4-2.2 7z" });

/** The demo's people, labels, widget and desk. */
export const DEMO_SETTINGS = `
agents:
  - { name: Mara Lindqvist, email: mara@demo.example, role: administrator, avatar: "${mara}" }
  - { name: Jonas Okafor, email: jonas@demo.example, role: agent, avatar: "${jonas}" }
labels:
  - { name: billing, color: "#b45309" }
  - { name: shipping, color: "#1d4ed8" }
  - { name: bug, color: "#b91c1c" }
desks:
  - { name: Playground, kind: playground, channel: support }
inboxes:
  - { name: Website, channel: widget, key: demo, allowedOrigins: ["*"], desk: Playground }
`;

/** True while nothing was ever set up: no inbox, no agent, no desk. */
export async function isEmpty(store: Store): Promise<boolean> {
  const found = await Promise.all([store.inboxes.findOne({}), store.agents.findOne({}), store.deskTargets.findOne({})]);
  return found.every((one) => one === null);
}

/** Makes the demo in an empty database; answers whether it did. @throws Error when the demo itself has faults. */
export async function makeDemo(deps: ApplyDeps): Promise<boolean> {
  if (!(await isEmpty(deps.store))) return false;
  const { faults } = await applySettings(deps, DEMO_SETTINGS, {});
  if (faults.length > 0) throw new Error(`The demo settings have faults: ${faults.map((fault) => `${fault.line}:${fault.column} ${fault.reason}`).join(" ")}`);
  return true;
}
