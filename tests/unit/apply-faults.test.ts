import { describe, expect, test } from "vitest";
import { createSecrets } from "../../src/core/services/secrets.ts";
import { applySettings } from "../../src/core/settings-file/apply.ts";
import { makePlan } from "../../src/core/settings-file/plan.ts";
import type { Plan, StoredSettings } from "../../src/core/settings-file/plan.ts";
import { fileShape } from "../../src/core/settings-file/shape.ts";
import { readYaml } from "../../src/core/settings-file/yaml.ts";
import type { Store } from "../../src/core/store/store.ts";
import { settingsKinds } from "../../src/boot/settings-kinds.ts";

const at = new Date("2026-11-20T12:00:00Z");
const deps = { clock: { now: () => at }, secrets: createSecrets("a key for the tests"), ...settingsKinds };
const nothing: StoredSettings = { agents: [], teams: [], hours: [], rules: [], labels: [], canned: [], macros: [], desks: [], inboxes: [], webhooks: [], rateLimits: true, routing: [], sla: [] };

function plan(text: string, stored = nothing, env: Record<string, string> = {}): Plan {
  const file = readYaml(text, env);
  expect(file.faults).toEqual([]);
  return makePlan(deps, file, fileShape.parse(file.value), stored);
}
const asStored = (made: Plan): StoredSettings => ({
  agents: made.agents.map((wish) => wish.now), teams: made.teams.map((wish) => wish.now), hours: made.hours.map((wish) => wish.now), rules: made.rules ?? [], canned: made.canned.map((wish) => wish.now), macros: made.macros.map((wish) => wish.now), labels: made.labels.map((wish) => wish.now), desks: made.desks.map((wish) => wish.now), rateLimits: true, routing: [], sla: [], webhooks: [],
  inboxes: made.inboxes.map((wish) => ({ ...wish.now, secrets: Object.fromEntries(Object.entries(wish.now.secrets).map(([name, value]) => [name, deps.secrets.seal(value)])) })),
});

/** Faults that are found before the store is asked; a store that is touched would throw. */
const faultsOf = async (text: string, env = {}) => (await applySettings({ ...deps, store: null as unknown as Store }, text, env)).faults;

const BASE = `desks:
  - { name: Playground, kind: playground, channel: support }
`;

describe("faults of the file itself have their line, column and reason", () => {
  test.each([
    ["a tab where YAML wants blanks", "agents:\n\t- { name: A }", 2, 1, /not valid YAML/],
    ["an unknown setting at the top", "lables: []", 1, 1, /lables is not a setting here\. Did you mean labels/],
    ["a part that is no list", "agents: yes please", 1, 9, /agents must be a list/],
    ["a missing field, at its entry", "agents:\n  - { name: Ana }", 2, 5, /email must be an email address|email is missing/],
    ["a wrong role", "agents:\n  - { name: Ana, email: a@b.example, role: boss }", 2, 44, /role must be administrator or supervisor or agent/],
    ["an unknown field of an agent, at its key", "agents:\n  - name: Ana\n    email: a@b.example\n    rolle: agent", 4, 5, /rolle is not a setting here\. Did you mean role/],
    ["an unquoted colour, which YAML reads as a comment", "labels:\n  - { name: a, color: red }", 2, 23, /color must be a colour such as/],
    ["a number out of range", "inboxes:\n  - { name: W, channel: widget, key: a, undoSeconds: 301 }", 2, 54, /undoSeconds must be 0 to 300 seconds/],
    ["a name with a line break", "agents:\n  - name: \"A\\nB\"\n    email: a@b.example", 2, 11, /must be one line/],
    ["NUL in a name", "labels:\n  - { name: \"a\\0b\" }", 2, 13, /must be one line/],
    ["an empty file", "# nothing yet\n", 1, 1, /holds no settings/],
    ["a list at the top", "- a", 1, 1, /must be a group of settings/],
    ["a key twice", "labels: []\nlabels: []", 2, 1, /not valid YAML/],
  ])("%s", async (_name, text, line, column, reason) => {
    const faults = await faultsOf(text);
    expect(faults[0]).toMatchObject({ line, column });
    expect(faults[0]!.reason).toMatch(reason);
  });

  test("a variable that is not set, or empty, is told where it is used", async () => {
    const text = "inboxes:\n  - { name: Bot, channel: telegram, token: ${BOT_TOKEN} }";
    for (const env of [{}, { BOT_TOKEN: "" }]) {
      expect(await faultsOf(text, env)).toMatchObject([{ line: 2, column: 44, reason: expect.stringContaining("BOT_TOKEN} is not set") as string }]);
    }
  });

  test("all faults are told at once, in the order of the file", async () => {
    const faults = await faultsOf("labels:\n  - { name: a, color: red }\nagents:\n  - { name: Ana, email: nobody }\nmore: 1");
    expect(faults.map((fault) => fault.line)).toEqual([2, 4, 5]);
  });

  test("a fault never shows the value of a variable", async () => {
    const faults = await faultsOf("agents:\n  - { name: Ana, email: \"${ADDRESS}\" }", { ADDRESS: "s3cret-value" });
    expect(JSON.stringify(faults)).not.toContain("s3cret-value");
    expect(faults).toHaveLength(1);
  });
});

describe("faults against channels, desks and what is stored", () => {
  test("an unknown channel is told with the known ones", () => {
    const [fault] = plan(`${BASE}inboxes:\n  - { name: Bot, channel: telegramm, token: x }`).faults;
    expect(fault).toMatchObject({ line: 4, column: 27 });
    expect(fault!.reason).toMatch(/telegramm is not known; there is .*telegram.*\. Did you mean telegram/);
  });

  test("a channel's own fields are checked by the channel", () => {
    const faults = plan(`${BASE}inboxes:\n  - { name: W, channel: widget, key: demo, allowedOrigin: ["*"] }`).faults;
    expect(faults[0]).toMatchObject({ line: 4, column: 44 });
    expect(faults[0]!.reason).toContain("allowedOrigin is not a setting here. Did you mean allowedOrigins?");
  });

  test("an inbox needs a desk that is there", () => {
    expect(plan("inboxes:\n  - { name: W, channel: widget, key: demo }").faults[0]!.reason).toContain("needs a desk");
    const [fault] = plan(`${BASE}inboxes:\n  - { name: W, channel: widget, key: demo, desk: Playgrund }`).faults;
    expect(fault).toMatchObject({ line: 4, column: 50 });
    expect(fault!.reason).toContain("Did you mean Playground");
  });

  test("the same name or the same identity twice in the file", () => {
    const twice = plan(`${BASE}inboxes:\n  - { name: W, channel: widget, key: a }\n  - { name: w, channel: widget, key: b }`).faults;
    expect(twice).toMatchObject([{ line: 5, reason: expect.stringContaining("second inbox named w") as string }]);
    const same = plan(`${BASE}inboxes:\n  - { name: W, channel: widget, key: a }\n  - { name: V, channel: widget, key: a }`).faults;
    expect(same).toMatchObject([{ line: 5, reason: expect.stringContaining("connected to the same") as string }]);
  });

  const stored = asStored(plan(`${BASE}agents:\n  - { name: Ana, email: ana@b.example }\ninboxes:\n  - { name: Website, channel: widget, key: one }\n  - { name: Shop, channel: widget, key: two }`));

  test("same name, other identity: refused, never re-pointed", () => {
    const [fault] = plan("inboxes:\n  - { name: Website, channel: widget, key: three }", stored).faults;
    expect(fault!.reason).toMatch(/Website is connected to one on widget\. A settings file never re-points/);
    expect(plan("agents:\n  - { name: Ana, email: other@b.example }", stored).faults[0]!.reason).toContain("has the address ana@b.example");
  });

  test("same identity, new name: renamed; a name that another keeps is refused; a swap is fine", () => {
    const renamed = plan("inboxes:\n  - { name: Site, channel: widget, key: one }", stored);
    expect(renamed.faults).toEqual([]);
    expect(renamed.inboxes[0]).toMatchObject({ was: { name: "Website" }, now: { name: "Site", _id: stored.inboxes[0]!._id } });
    expect(plan("inboxes:\n  - { name: Shop, channel: widget, key: one }", stored).faults[0]!.reason).toContain("belongs to another inbox");
    expect(plan("inboxes:\n  - { name: Shop, channel: widget, key: one }\n  - { name: Website, channel: widget, key: two }", stored).faults).toEqual([]);
  });

  test("what the file doesn't mention stays as it is", () => {
    const quick = plan("inboxes:\n  - { name: Website, channel: widget, key: one, undoSeconds: 0 }", stored);
    const again = plan("inboxes:\n  - { name: Website, channel: widget, key: one }", asStored(quick).inboxes.length === 1 ? { ...stored, inboxes: asStored(quick).inboxes } : stored);
    expect(again.inboxes[0]!.now.settings.undoSeconds).toBe(0);
    expect(again.inboxes[0]!.now.deskTargetId).toBe(stored.desks[0]!._id);
  });
});

test("variables are filled in, inside braces and inside texts, and never reach what is planned as config", () => {
  const made = plan(`${BASE}inboxes:\n  - { name: Bot, channel: telegram, token: \${BOT_TOKEN}, apiRoot: "http://127.0.0.1:\${PORT}" }`, nothing, { BOT_TOKEN: "123456:AAbbccddeeffgghhiijjkkllmmnnooppqq1", PORT: "9001" });
  expect(made.faults).toEqual([]);
  const inbox = made.inboxes[0]!.now;
  expect(inbox.identity).toBe("123456");
  expect(JSON.stringify(inbox.config)).toContain("http://127.0.0.1:9001");
  expect(JSON.stringify(inbox.config)).not.toContain("AAbbcc");
});
