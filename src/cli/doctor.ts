/** `threadline doctor`: what is missing for the first answered conversation, and where to get it. */
import type { Agent, DeskTarget, Inbox } from "../core/model/types.ts";
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";
import { findRunningServer } from "./running-server.ts";

interface Finding { state: "ok" | "warn" | "fail"; text: string }
/** How somebody's account on a desk becomes an agent's. */
const LINKED = {
  slack: " On Slack their first message links them when the e-mail address is the same; /desk link says why not.",
  discord: " On Discord their first message links them when one of the desk's `roles` is theirs; /link says why not.",
};
const SIGN = { ok: "✓", warn: "!", fail: "✗" } as const;

function settingsFindings({ inboxes, desks, agents }: { inboxes: Inbox[]; desks: DeskTarget[]; agents: Agent[] }): Finding[] {
  const active = agents.filter((agent) => agent.active);
  const vendors = desks.filter(({ kind }) => kind !== "playground");
  const linked = (agent: Agent) => vendors.some(({ kind }) => agent.links.some((link) => link.desk === kind));
  const unlinked = vendors.length === 0 ? [] : active.filter((agent) => !linked(agent));
  return [
    inboxes.length > 0 ? { state: "ok", text: `inboxes: ${inboxes.map(({ name, enabled }) => (enabled ? name : `${name} (off)`)).join(", ")}` } : { state: "fail", text: "there is no inbox, so no customer can write. Add one to threadline.yaml: inboxes: [{ name: Website, channel: widget, key: shop }]" },
    desks.length > 0 ? { state: "ok", text: `desks: ${desks.map(({ name, kind }) => `${name} (${kind})`).join(", ")}` } : { state: "fail", text: "there is no desk, so nobody can answer. Add one to threadline.yaml: desks: [{ name: Playground, kind: playground, channel: support }]" },
    active.length > 0 ? { state: "ok", text: `agents: ${active.map(({ name }) => name).join(", ")}` } : { state: "fail", text: "there is no active agent: whatever is written on a desk stays a note. Add them to threadline.yaml: agents: [{ name: Mara, email: mara@example.com }]" },
    ...(unlinked.length > 0 ? [{ state: "warn" as const, text: `not linked to an account on the desk yet: ${unlinked.map(({ name }) => name).join(", ")}.${vendors.some(({ kind }) => kind === "slack") ? LINKED.slack : ""}${vendors.some(({ kind }) => kind === "discord") ? LINKED.discord : ""}` }] : []),
  ];
}

export const doctor: Command = {
  name: "doctor",
  usage: "doctor",
  help: "Check the settings, tokens, permissions and channels, and say what is missing.",
  async run({ args, config, print }) {
    if (args.length > 0) throw new CommandError("doctor takes no words: npx threadline doctor", 2);
    const [server, { openAlone }, { deskCheckers, inboxCheckers }, { checkFiles }] = await Promise.all([findRunningServer(config.dataDir), import("./open-alone.ts"), import("../boot/connection-checks.ts"), import("../boot/file-checks.ts")]);
    const { parts, kind, close } = await openAlone(config);
    let worst = 0;
    const say = ({ state, text }: Finding) => {
      print(`${SIGN[state]} ${text}`);
      if (state === "fail") worst = 1;
    };
    try {
      say(server === null ? { state: "warn", text: "no server runs on this data folder. Start it with: npm start" } : { state: "ok", text: `the server runs at ${server.url}` });
      say({ state: "ok", text: `the ${kind === "embedded" ? "embedded store" : "database"} opens` });
      const [inboxes, desks, agents] = await Promise.all([parts.store.inboxes.find().toArray(), parts.store.deskTargets.find().sort({ createdAt: 1 }).toArray(), parts.store.agents.find().toArray()]);
      for (const finding of settingsFindings({ inboxes, desks, agents })) say(finding);

      if (config.s3 !== undefined || config.virusScanner !== undefined) {
        print("");
        print("Files");
        await checkFiles(config, parts.clock, say);
      }
      const deps = { secrets: parts.secrets, clock: parts.clock, publicUrl: config.publicUrl };
      for (const inbox of inboxes.filter(({ enabled }) => enabled)) {
        const checker = inboxCheckers[inbox.channel];
        if (checker === undefined) continue;
        print("");
        print(`${checker.title} ${inbox.name}`);
        await checker.check(inbox, deps, say);
      }
      for (const [vendor, { title, check: look }] of Object.entries(deskCheckers)) {
        const connections = new Map<string, DeskTarget[]>();
        for (const target of desks) if (target.kind === vendor) connections.set(target.identity, [...(connections.get(target.identity) ?? []), target]);
        for (const [identity, targets] of connections) {
          print("");
          print(`${title} ${identity}`);
          await look(targets, deps, say);
        }
      }
      print("");
      print(worst === 0 ? "Nothing is in the way." : "What is marked ✗ keeps something from working; run this again after mending it.");
      return worst;
    } finally {
      await close();
    }
  },
};
