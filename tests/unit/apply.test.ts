import { describe, expect, onTestFinished, test } from "vitest";
import { createSecrets } from "../../src/core/services/secrets.ts";
import { applySettings } from "../../src/core/settings-file/apply.ts";
import { readLimits } from "../../src/core/settings-file/limits.ts";
import { makeDemo } from "../../src/boot/demo.ts";
import { openSecrets } from "../../src/boot/secret-key.ts";
import { settingsKinds } from "../../src/boot/settings-kinds.ts";
import { lendStore } from "../support/lent-store.ts";

const KEY = "the key of this installation";
const clock = { now: () => new Date() };

async function installation() {
  const { store, giveBack } = await lendStore();
  onTestFinished(giveBack);
  const deps = { store, clock, secrets: createSecrets(KEY), ...settingsKinds };
  return { store, deps, apply: (text: string, env: Record<string, string> = {}) => applySettings(deps, text, env) };
}

const TOKEN = "123456:AAbbccddeeffgghhiijjkkllmmnnooppqq1";
const FILE = `
agents:  [{ name: Front Desk, email: Desk@Example.com, role: administrator }]
labels:  [{ name: billing, color: "#b45309" }]
inboxes:
  - { name: Website, channel: widget, key: demo, allowedOrigins: ["*"] }
  - { name: Bot, channel: telegram, token: \${TELEGRAM_TOKEN}, apiRoot: http://127.0.0.1:9001, undoSeconds: 0 }
desks:
  - { name: Playground, kind: playground, channel: support }
`;

test("the contract's file makes what it says, and again changes nothing", async () => {
  const { apply, store } = await installation();
  expect(await apply(FILE, { TELEGRAM_TOKEN: TOKEN })).toEqual({
    faults: [],
    changes: ["Label billing: made", "Desk Playground: made", "Agent Front Desk: made", "Inbox Website: made", "Inbox Bot: made"],
  });
  const desk = (await store.deskTargets.findOne({ name: "Playground" }))!;
  expect(await store.agents.findOne({ name: "Front Desk" })).toMatchObject({ email: "desk@example.com", role: "administrator", active: true, links: [{ desk: "playground", userId: "Front Desk" }] });
  expect(await store.inboxes.findOne({ name: "Website" })).toMatchObject({ channel: "widget", identity: "demo", deskTargetId: desk._id, enabled: true, settings: { undoSeconds: 8, doubleReplySeconds: 3, noteFirst: false } });
  const bot = (await store.inboxes.findOne({ name: "Bot" }))!;
  expect(bot).toMatchObject({ identity: "123456", settings: { undoSeconds: 0 } });
  expect(createSecrets(KEY).open(bot.secrets["token"]!)).toBe(TOKEN);
  expect(JSON.stringify(bot)).not.toContain(TOKEN.slice(7));
  expect(await apply(FILE, { TELEGRAM_TOKEN: TOKEN })).toEqual({ faults: [], changes: [] });
  expect(await store.inboxes.findOne({ name: "Bot" })).toEqual(bot);
});

test("an inbox names the one that mails its unread replies, which may stand below it; a rename keeps it", async () => {
  const { apply, store } = await installation();
  const text = (continuity: string, mail = "Mail") => `desks: [{ name: Playground, kind: playground, channel: support }]\ninboxes:\n  - { name: Website, channel: widget, key: demo, allowedOrigins: ["*"]${continuity} }\n  - { name: ${mail}, channel: email, address: a@b.example, smtp: { host: h, security: none } }\n`;
  const told = async (continuity: string) => (await apply(text(continuity))).faults.map(({ line, reason }) => `${line} ${reason}`);
  expect(await told(", continuity: { inbox: Mial }")).toEqual([expect.stringMatching(/^3 There is no inbox named Mial\..*Mail/)]);
  expect(await told(", continuity: { inbox: Website }")).toEqual([expect.stringContaining("its own unread replies")]);
  const withBot = await apply(`${text(", continuity: { inbox: Bot }")}  - { name: Bot, channel: telegram, token: "${TOKEN}" }\n`);
  expect(withBot.faults.map(({ line, reason }) => `${line} ${reason}`)).toEqual(["3 Bot is an inbox for telegram, which sends no mail. Name one for mail."]);
  expect(await told(", continuity: { inbox: Mail }")).toEqual([]);
  const settings = async () => (await store.inboxes.findOne({ name: "Website" }))!.settings.continuity;
  const { _id: inboxId } = (await store.inboxes.findOne({ name: "Mail" }))!;
  expect(await settings()).toEqual({ inboxId, minutes: 10 });
  expect((await apply(text(", continuity: { inbox: Post }", "Post"))).changes).toEqual(["Inbox Post: renamed from Mail"]);
  expect(await settings()).toEqual({ inboxId, minutes: 10 });
  await apply(text(", continuity: off", "Post"));
  expect(await settings()).toBeNull();
});

test("a fault anywhere changes nothing anywhere", async () => {
  const { apply, store } = await installation();
  const { faults, changes } = await apply(FILE.replace("kind: playground", "kind: playgroun"), { TELEGRAM_TOKEN: TOKEN });
  expect(faults[0]).toMatchObject({ line: 8 });
  expect(changes).toEqual([]);
  for (const collection of [store.agents, store.labels, store.inboxes, store.deskTargets]) expect(await collection.countDocuments({})).toBe(0);
});

describe("what changes is told and done, identities stay", () => {
  test("renames, roles, settings, colours, tokens", async () => {
    const { apply, store } = await installation();
    await apply(FILE, { TELEGRAM_TOKEN: TOKEN });
    const before = (await store.inboxes.findOne({ identity: "123456" }))!;
    const other = `${TOKEN.slice(0, -1)}2`;
    const text = FILE.replace("name: Bot", "name: Shop bot").replace("undoSeconds: 0", "undoSeconds: 5").replace("administrator", "agent").replace("#b45309", "#000000").replace("Front Desk", "Reception");
    const { changes, faults } = await apply(text, { TELEGRAM_TOKEN: other });
    expect(faults).toEqual([]);
    expect(changes).toEqual([
      "Label billing: color #b45309 → #000000",
      "Agent Reception: renamed from Front Desk, role administrator → agent",
      "Inbox Shop bot: renamed from Bot, undoSeconds 0 → 5, token set anew",
    ].map((line) => expect.stringContaining(line.split(": ")[0]!) as string));
    expect(changes.join("\n")).not.toContain(other.slice(7));
    expect(await store.inboxes.findOne({ identity: "123456" })).toMatchObject({ _id: before._id, name: "Shop bot", settings: { undoSeconds: 5 } });
    expect(await store.agents.findOne({ email: "desk@example.com" })).toMatchObject({ name: "Reception", links: [{ desk: "playground", userId: "Reception" }] });
    expect(await store.inboxes.countDocuments({})).toBe(2);
  });

  test("two inboxes swap their names", async () => {
    const { apply, store } = await installation();
    const two = (a: string, b: string) => `desks: [{ name: P, kind: playground, channel: s }]\ninboxes:\n  - { name: ${a}, channel: widget, key: one }\n  - { name: ${b}, channel: widget, key: two }`;
    await apply(two("A", "B"));
    expect((await apply(two("B", "A"))).faults).toEqual([]);
    expect((await store.inboxes.find().sort({ identity: 1 }).toArray()).map((inbox) => inbox.name)).toEqual(["B", "A"]);
  });

  test("same name for another bot is refused", async () => {
    const { apply, store } = await installation();
    await apply(FILE, { TELEGRAM_TOKEN: TOKEN });
    const { faults } = await apply(FILE, { TELEGRAM_TOKEN: TOKEN.replace("123456", "654321") });
    expect(faults).toMatchObject([{ line: 6 }]);
    expect(faults[0]!.reason).toContain("Bot is connected to 123456 on telegram");
    expect(await store.inboxes.countDocuments({ identity: "654321" })).toBe(0);
  });

  test("routing rules are stored as written, replaced as a whole, and stay when the file is silent", async () => {
    const { apply, store } = await installation();
    await apply(FILE, { TELEGRAM_TOKEN: TOKEN });
    const desk = (await store.deskTargets.findOne({ name: "Playground" }))!;
    const rules = async () => (await store.settings.findOne({ _id: "routing" }))?.value;
    expect(await apply("routing:\n  - { when: 'label:billing priority>low', desk: Playground }")).toEqual({ faults: [], changes: ["Routing: 1 rule"] });
    expect(await rules()).toEqual([{ when: "label:billing priority>low", deskTargetId: desk._id }]);
    expect((await apply("limits: on")).changes).toEqual([]);
    expect(await apply("routing:\n  - { when: 'label:billing priority>low', desk: Playground, moves: true }")).toEqual({ faults: [], changes: ["Routing: 1 rule"] });
    expect((await store.settings.findOne({ _id: "routing" }))?.value).toMatchObject([{ moves: true }]);
    expect((await apply("routing: []")).changes).toEqual(["Routing: 0 rules"]);
    expect(await rules()).toEqual([]);
  });

  test("teams are matched by name, their members by address", async () => {
    const { apply, store } = await installation();
    const agents = "agents:\n  - { name: Ana, email: ana@example.com }\n  - { name: Ben, email: ben@example.com }\n";
    expect((await apply(`${agents}teams:\n  - { name: Billing, members: [Ana@example.com, ben@example.com, ana@example.com] }`)).changes).toContain("Team Billing: made");
    const [team] = await store.teams.find().toArray();
    const ids = Object.fromEntries((await store.agents.find().toArray()).map((agent) => [agent.name, agent._id]));
    expect(team!.memberIds).toEqual([ids["Ana"], ids["Ben"]]);
    expect(await apply("teams:\n  - { name: Billing, members: [ben@example.com] }")).toEqual({ faults: [], changes: ["Team Billing: members changed"] });
    expect(await store.teams.findOne({ name: "Billing" })).toEqual({ ...team, memberIds: [ids["Ben"]] });
    expect(await apply("teams:\n  - { name: Billing, members: [ben@example.com] }")).toEqual({ faults: [], changes: [] });
    const { faults } = await apply("teams:\n  - { name: ana, members: [bem@example.com] }\n  - { name: Mine, members: [] }\n  - { name: Night, member: [] }");
    expect(faults.map((fault) => fault.reason)).toEqual([expect.stringContaining("members is missing"), expect.stringContaining("member is not a setting here. Did you mean members?")]);
    expect((await apply("teams:\n  - { name: ana, members: [bem@example.com] }\n  - { name: Mine, members: [] }")).faults.map((fault) => [fault.line, fault.reason])).toEqual([
      [2, expect.stringContaining("A team can't be called ana: an agent is")], [2, expect.stringContaining("No agent has the address bem@example.com. Did you mean ben@example.com")], [3, expect.stringContaining("can't be called Mine")],
    ]);
  });

  test("canned responses are matched by code; how often they were used stays", async () => {
    const { apply, store } = await installation();
    await apply(FILE, { TELEGRAM_TOKEN: TOKEN });
    const file = (text: string, more = "") => `teams:\n  - { name: Night, members: [desk@example.com] }\ncanned:\n  - { code: Greeting, text: "${text}"${more} }\n  - { code: late, title: The parcel is late, text: "{{greeting}} Late.", team: Night }`;
    expect((await apply(file("Hi {{ contact.first_name }}"))).changes).toEqual(["Team Night: made", "Canned response greeting: made", "Canned response late: made"]);
    await store.canned.updateOne({ code: "greeting" }, { $inc: { uses: 3 } });
    const night = (await store.teams.findOne({ name: "Night" }))!._id;
    expect(await store.canned.findOne({ code: "late" })).toMatchObject({ title: "The parcel is late", scope: "team", scopeId: night, words: ["late", "the", "parcel", "is"] });
    expect(await apply(file("Hi {{ contact.first_name }}"))).toEqual({ faults: [], changes: [] });
    expect((await apply(file("Hello", ", inbox: Website"))).changes).toEqual(["Canned response greeting: changed"]);
    expect(await store.canned.findOne({ code: "greeting" })).toMatchObject({ body: "Hello", uses: 3, scope: "inbox" });
    expect((await apply("limits: on")).changes).toEqual([]);
  });

  test.each([
    ["{ code: a b, text: x }", "code must be a word of letters"], ["{ code: a, text: '' }", "text must not be empty"], ["{ code: a, text: '{{ contact.nam }}' }", "There is no variable {{contact.nam}}. Did you mean contact.name"],
    ["{ code: a, text: '{{ bye }}' }", "neither a variable nor a canned response {{bye}}"], ["{ code: a, text: '{% for x in y %}' }", "can't be read"], ["{ code: team, text: x }", "can't be called team"], ["{ code: 'true', text: x }", "can't be called true"], ["{ code: '42', text: x }", "can't be called 42"],
    ["{ code: a, text: x, team: Nigth }", "There is no team named Nigth"], ["{ code: a, text: x, inbox: Shop }", "There is no inbox named Shop"], ["{ code: a, text: x, agent: b@example.com, inbox: Website }", "one of them"],
  ])("the canned response %s is refused at its line", async (entry, reason) => {
    const { apply, store } = await installation();
    await apply(FILE, { TELEGRAM_TOKEN: TOKEN });
    const { faults } = await apply(`canned:\n  - { code: fine, text: Fine }\n  - ${entry}`);
    expect(faults[0]).toMatchObject({ line: 3, reason: expect.stringContaining(reason) });
    expect(await store.canned.countDocuments({})).toBe(0);
  });

  test("macros are matched by name, and their steps are checked", async () => {
    const { apply, store } = await installation();
    await apply(FILE, { TELEGRAM_TOKEN: TOKEN });
    const file = (steps: string) => `canned:\n  - { code: bye, text: Bye }\nmacros:\n  - { name: Close, steps: [${steps}] }`;
    expect((await apply(file("{ do: canned, with: bye }, { do: label, with: Billing }, { do: resolve }"))).changes).toEqual(["Canned response bye: made", "Macro Close: made"]);
    expect(await store.macros.findOne({})).toMatchObject({ name: "Close", steps: [{ do: "canned", with: "bye" }, { do: "label", with: "Billing" }, { do: "resolve", with: "" }] });
    expect(await apply(file("{ do: canned, with: bye }, { do: label, with: Billing }, { do: resolve }"))).toEqual({ faults: [], changes: [] });
    expect((await apply(file("{ do: assign, with: me }"))).changes).toEqual(["Macro Close: steps changed"]);
    for (const [steps, reason] of [
      ["{ do: macro, with: Close }", "A macro can't do macro"], ["{ do: labl, with: billing }", "can't do labl. Did you mean label"], ["{ do: label }", "label needs a label in with"], ["{ do: label, with: biling }", "There is no label biling. Did you mean billing"],
      ["{ do: reply, with: '{{ contact.nam }}' }", "There is no variable {{contact.nam}}"], ["{ do: canned, with: by }", "There is no canned response by. Did you mean bye"], ["{ do: assign, with: Nobody }", "There is no agent or team Nobody"], ["{ do: constructor }", "can't do constructor"],
    ] as const) expect((await apply(file(steps))).faults[0], steps).toMatchObject({ line: 4, reason: expect.stringContaining(reason) });
  });

  test("a routing rule may ask for a team", async () => {
    const { apply } = await installation();
    await apply(FILE, { TELEGRAM_TOKEN: TOKEN });
    const rule = "routing:\n  - { when: 'team:night', desk: Playground }";
    expect((await apply(rule)).faults[0]!.reason).toContain('There is no team "night"');
    expect((await apply(`teams:\n  - { name: Night, members: [desk@example.com] }\n${rule}`)).faults).toEqual([]);
  });

  test("a routing rule with a fault says where", async () => {
    const { apply } = await installation();
    await apply(FILE, { TELEGRAM_TOKEN: TOKEN });
    const { faults } = await apply("routing:\n  - { when: 'label:bilings', desk: Playground }\n  - { when: '\"refund\"', desk: Playgrund }");
    expect(faults.map(({ line, reason }) => [line, reason.split(".")[0]])).toEqual([
      [2, expect.stringContaining("bilings")], [3, "A routing rule can't look for words in messages: it decides when the thread is opened"], [3, "There is no desk named Playgrund"],
    ]);
  });

  test("limits are stored and stay until the file says otherwise", async () => {
    const { apply, store } = await installation();
    expect(await readLimits(store)).toEqual({});
    expect((await apply("limits: off")).changes).toEqual(["Limits: off from the next start"]);
    expect(await readLimits(store)).toEqual({ rateLimits: false });
    expect((await apply("labels: [{ name: a }]")).changes).toEqual(["Label a: made"]);
    expect(await readLimits(store)).toEqual({ rateLimits: false });
    expect((await apply("limits: on")).changes).toHaveLength(1);
    expect(await readLimits(store)).toEqual({ rateLimits: true });
  });
});

test("the demo is made in an empty database only: a widget, a desk, two people with faces of their own", async () => {
  const { deps, store } = await installation();
  expect(await makeDemo(deps)).toBe(true);
  expect(await store.inboxes.find().toArray()).toMatchObject([{ channel: "widget", identity: "demo", config: { allowedOrigins: ["*"] } }]);
  const agents = await store.agents.find().sort({ name: 1 }).toArray();
  expect(agents.map((agent) => agent.role)).toEqual(["agent", "administrator"]);
  expect(new Set(agents.map((agent) => agent.avatar)).size).toBe(2);
  for (const { avatar } of agents) expect(decodeURIComponent(avatar!)).toMatch(/^data:image\/svg\+xml,<svg .+<\/svg>$/);
  expect(await makeDemo(deps)).toBe(false);
  expect(await store.agents.countDocuments({})).toBe(2);
});

describe("the stored check value", () => {
  test("a wrong key is refused in words, the right one and a rotation pass", async () => {
    const { store, apply } = await installation();
    await openSecrets(store, clock, KEY);
    await apply(FILE, { TELEGRAM_TOKEN: TOKEN });
    await expect(openSecrets(store, clock, "quite another key 123")).rejects.toThrow(/SECRET_KEY is not the key that this database was written with/);
    await expect(openSecrets(store, clock, "quite another key 123", "and a wrong old one 1")).rejects.toThrow(/SECRET_KEY is not the key/);
    const rotated = await openSecrets(store, clock, "quite another key 123", KEY);
    const bot = (await store.inboxes.findOne({ name: "Bot" }))!;
    expect(rotated.open(bot.secrets["token"]!)).toBe(TOKEN);
    expect(createSecrets("quite another key 123").open(bot.secrets["token"]!)).toBe(TOKEN);
    await expect(openSecrets(store, clock, KEY)).rejects.toThrow(/SECRET_KEY/);
  });
});

test("webhooks: an address inside, a filter that can't be read and a short secret are refused at their place; the secret is sealed; again changes nothing", async () => {
  const { apply, store } = await installation();
  const text = (more: string) => `desks: [{ name: Playground, kind: playground, channel: support }]\nlabels: [{ name: billing }]\nwebhooks:\n  - { name: CRM, url: "https://crm.example.com/in", secret: "a secret that is long enough", ${more} }\n`;
  for (const [more, reason] of [
    ['when: "label:nothing"', /label/], ["events: [message.deleted]", /conversation\.created/], ['url: "https://10.0.0.1/"', /./],
  ] as const) expect((await apply(text(more))).faults[0]?.reason, more).toMatch(reason);
  expect((await apply(text("").replace("crm.example.com", "10.0.0.1"))).faults[0]).toMatchObject({ line: 4, reason: expect.stringContaining("private network") });
  expect((await apply(text("").replace("a secret that is long enough", "short"))).faults[0]?.reason).toMatch(/secret must have at least 24/);
  expect((await apply(text('when: "label:billing"'))).changes).toContain("Webhook CRM: made");
  expect(JSON.stringify(await store.webhooks.find().toArray())).not.toContain("long enough");
  expect(await apply(text('when: "label:billing"'))).toEqual({ faults: [], changes: [] });
  expect((await apply(text("enabled: false"))).changes).toHaveLength(1);
});

test("an inbox asks how it went as its file says, and stops with off", async () => {
  const { apply, store } = await installation();
  const text = (csat: string) => `desks: [{ name: Playground, kind: playground, channel: support }]\ninboxes:\n  - { name: Website, channel: widget, key: demo, allowedOrigins: ["*"], csat: ${csat} }\n`;
  expect((await apply(text("{ scale: smiles }"))).faults[0]?.reason).toMatch(/scale/);
  await apply(text("{ scale: thumbs, labels: [billing] }"));
  expect((await store.inboxes.findOne({ name: "Website" }))!.settings.csat).toEqual({ scale: "thumbs", delayMinutes: 0, everyDays: 30, onAutomatic: false, labels: ["billing"] });
  expect(await apply(text("{ scale: thumbs, labels: [billing] }"))).toEqual({ faults: [], changes: [] });
  await apply(text("off"));
  expect((await store.inboxes.findOne({ name: "Website" }))!.settings.csat).toBeNull();
});
