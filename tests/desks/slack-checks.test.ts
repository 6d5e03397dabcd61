/** What `threadline doctor` says of a Slack desk, and the app that `threadline slack manifest` prints. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkSlack } from "../../src/bridge/slack/checks.ts";
import { creationLink, slackManifest } from "../../src/bridge/slack/manifest.ts";
import { APP_SCOPE, BOT_EVENTS, BOT_SCOPES } from "../../src/bridge/slack/scopes.ts";
import { execute } from "../../src/cli/main.ts";
import type { DeskTarget } from "../../src/core/model/types.ts";
import { ALL_SCOPES, FakeSlack, type FakeSlackOptions } from "../fakes/slack/server.ts";

async function workspace(options: FakeSlackOptions = {}) {
  const fake = new FakeSlack(options);
  await fake.start();
  onTestFinished(() => fake.stop());
  const support = fake.space.addChannel("support");
  const target = (channel = "#support"): DeskTarget => ({ _id: channel, name: "Slack", kind: "slack", identity: fake.space.appId, channel, config: { apiUrl: fake.apiUrl }, createdAt: new Date(0) });
  const check = async (secrets: Record<string, string> = { botToken: fake.botToken, appToken: fake.appToken }, targets = [target()], publicUrl: string | null = null) =>
    (await checkSlack({ targets, secret: (name) => secrets[name] ?? null, publicUrl, clock: { now: () => new Date() } })).map(({ state, text }) => `${state}: ${text}`);
  return { fake, support, target, check };
}
const OTHERS = ALL_SCOPES.filter((scope) => scope !== "files:read" && scope !== "channels:history");

describe("checks", () => {
  test("all is well", async () => {
    const { check } = await workspace();
    expect(await check()).toEqual(["ok: botToken works: @helpdesk in the workspace Fake Team", "ok: appToken works: Slack opens sockets for the app", "ok: every scope is granted", "ok: Slack: the app is in #support"]);
  });

  test("a channel whose members are agents has to be private", async () => {
    const { check, target, fake } = await workspace();
    const granting = (channel: string): DeskTarget => ({ ...target(channel), config: { apiUrl: fake.apiUrl, membersAreAgents: true } });
    fake.space.addChannel("team", { kind: "private" });
    expect((await check(undefined, [granting("#support"), granting("#team")])).slice(3)).toEqual([
      expect.stringMatching(/^fail: Slack: membersAreAgents works for private channels alone, since anybody can join #support/), "ok: Slack: the app is in #team, whose members are agents",
    ]);
  });

  test("each missing scope is named with what it is for; only some keep everything from working", async () => {
    const { check } = await workspace({ scopes: OTHERS });
    const said = await check();
    expect(said).toContainEqual(expect.stringMatching(/^fail: scope channels:history is missing: hears what agents write/));
    expect(said).toContainEqual(expect.stringMatching(/^warn: scope files:read is missing .*agents' files don't reach customers$/));
    expect(said.filter((line) => line.includes("scope "))).toHaveLength(2);
  });

  test("presence needs its scope, only where the desk uses it", async () => {
    const { check, target, fake } = await workspace();
    const watching: DeskTarget = { ...target(), config: { apiUrl: fake.apiUrl, presence: true } };
    expect((await check()).join("\n")).not.toContain("presence");
    expect(await check(undefined, [watching])).toContain("ok: presence: Slack may be asked who is at work");
    fake.scopes.delete("users:read");
    expect(await check(undefined, [watching])).toContainEqual(expect.stringMatching(/^warn: presence: without the scope users:read/));
  });

  test("a refused bot token, and a refused app token", async () => {
    const { check, fake } = await workspace();
    expect(await check({ botToken: "xoxb-wrong", appToken: fake.appToken })).toEqual([expect.stringMatching(/^fail: Slack refuses botToken \(invalid_auth\)/), "ok: appToken works: Slack opens sockets for the app"]);
    expect((await check({ botToken: fake.botToken, appToken: "xapp-1-A0FAKE0001-wrong" }))[1]).toMatch(/^fail: Slack opens no socket .*connections:write/);
    expect(await check({})).toEqual([expect.stringMatching(/^fail: botToken is missing/)]);
  });

  test("tokens of two apps", async () => {
    const { check, target } = await workspace();
    expect((await check(undefined, [{ ...target(), identity: "A0OTHER" }]))[0]).toMatch(/^fail: botToken is of another app \(A0FAKE0001\) than this desk \(A0OTHER\)/);
  });

  test("over HTTP the address and the secret count", async () => {
    const { check, fake } = await workspace();
    const { botToken } = fake;
    expect((await check({ botToken, signingSecret: "a-signing-secret" }, undefined, "https://help.example.com")).slice(1, 3)).toEqual([
      "ok: signingSecret is set; Slack's calls are checked with it", "ok: Slack calls https://help.example.com/hooks/desk/slack: set it as the Request URL of events, interactivity and /desk",
    ]);
    expect((await check({ botToken }))[1]).toMatch(/^fail: signingSecret is missing/);
    expect((await check({ botToken }))[2]).toMatch(/^fail: PUBLIC_URL is not set/);
  });

  test("channels: archived, private without us, unknown, by id, and public ones that are joined later", async () => {
    const { check, fake, target } = await workspace();
    const old = fake.space.addChannel("old", { archived: true }), open = fake.space.addChannel("open", { botIsMember: false });
    fake.space.addChannel("secret", { kind: "private", botIsMember: false });
    const said = await check(undefined, [target("#old"), target("#secret"), target(open.id), target(old.id)]);
    expect(said.slice(3)).toEqual([
      "fail: Slack: #old is archived. Unarchive it.", "fail: Slack: Slack shows the app no channel #secret. Create it, or, when it is private, invite the app to it.",
      "ok: Slack: #open is public; the app joins with its first thread", "fail: Slack: #old is archived. Unarchive it.",
    ]);
    expect(fake.callsOf("conversations.join")).toEqual([]);
  });

  test("Slack that does not answer", async () => {
    const { check, fake } = await workspace();
    fake.fail("*", { status: 503, times: 99 });
    expect((await check())[0]).toMatch(/^fail: Slack could not be asked/);
  });
});

/** Source: docs.slack.dev/reference/app-manifest */
interface Manifest {
  display_information: { name: string; description: string };
  features: { shortcuts: { name: string; callback_id: string; description: string; type: string }[]; slash_commands: { command: string; url?: string; description: string; usage_hint: string }[] };
  oauth_config: { scopes: { bot: string[] } };
  settings: { socket_mode_enabled: boolean; event_subscriptions: { request_url?: string; bot_events: string[] }; interactivity: { request_url?: string } };
}
const asManifest = (value: unknown) => value as Manifest;

describe("manifest", () => {
  test("stays within what Slack takes", () => {
    const { display_information: shown, features } = asManifest(slackManifest({ name: "Threadline", publicUrl: null }));
    expect(shown.name.length).toBeLessThanOrEqual(35);
    expect(shown.description.length).toBeLessThanOrEqual(140);
    expect(features.shortcuts.length).toBeLessThanOrEqual(10);
    for (const shortcut of features.shortcuts) {
      expect(shortcut.name.length, shortcut.name).toBeLessThanOrEqual(24);
      expect(shortcut.description.length, shortcut.name).toBeLessThanOrEqual(150);
    }
    expect(BOT_EVENTS.length).toBeLessThanOrEqual(100);
  });

  test("asks for every scope that its events need", () => {
    const NEEDS: Record<string, string> = {
      "message.channels": "channels:history", "message.groups": "groups:history", reaction_added: "reactions:read", reaction_removed: "reactions:read", user_change: "users:read", team_join: "users:read",
      member_joined_channel: "channels:read", member_left_channel: "channels:read", channel_left: "channels:read", channel_archive: "channels:read", channel_unarchive: "channels:read", channel_deleted: "channels:read", channel_rename: "channels:read",
      group_left: "groups:read", group_archive: "groups:read", group_unarchive: "groups:read", group_deleted: "groups:read", group_rename: "groups:read",
    };
    const asked = BOT_SCOPES.map(({ scope }) => scope);
    for (const [event, scope] of Object.entries(NEEDS)) if (BOT_EVENTS.includes(event)) expect(asked, event).toContain(scope);
  });

  test("over HTTP every address is ours", () => {
    const { features, settings } = asManifest(slackManifest({ name: "Desk", publicUrl: "https://help.example.com" }));
    const address = "https://help.example.com/hooks/desk/slack";
    expect([settings.event_subscriptions.request_url, settings.interactivity.request_url, features.slash_commands[0]!.url]).toEqual([address, address, address]);
    expect(settings.socket_mode_enabled).toBe(false);
  });

  test("its link carries it whole", () => {
    const manifest = slackManifest({ name: "Desk & Co", publicUrl: null });
    expect(JSON.parse(new URL(creationLink(manifest)).searchParams.get("manifest_json")!)).toEqual(manifest);
  });

  test("docs/slack.md names every scope and event", () => {
    const page = readFileSync("docs/slack.md", "utf8");
    for (const { scope } of [...BOT_SCOPES, APP_SCOPE]) expect(page, scope).toContain(`\`${scope}\``);
    for (const event of BOT_EVENTS) expect(page, event).toContain(`\`${event}\``);
  });
});

describe("on the terminal", () => {
  async function cli(words: string[], env: Record<string, string> = {}) {
    const out: string[] = [], err: string[] = [];
    const code = await execute(words, { print: (line) => out.push(line), complain: (line) => err.push(line), env: { LOG_LEVEL: "silent", ...env }, signal: new AbortController().signal });
    return { code, out: out.join("\n"), err: err.join("\n") };
  }
  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), "threadline-test-"));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  test("slack manifest prints the manifest, the link and what to do next", async () => {
    const { code, out } = await cli(["slack", "manifest", "Our", "Desk"]);
    expect(code).toBe(0);
    expect(out).toContain('"name": "Our Desk"');
    expect(out).toMatch(/https:\/\/api\.slack\.com\/apps\?new_app=1&manifest_json=%7B/);
    expect(out).toContain("appToken");
    expect((await cli(["slack", "manifest", "--http"])).err).toContain("PUBLIC_URL");
    expect((await cli(["slack", "manifest", "--http"], { PUBLIC_URL: "https://help.example.com/" })).out).toContain('"request_url": "https://help.example.com/hooks/desk/slack"');
    expect((await cli(["slack"])).code).toBe(2);
  });

  test("doctor finds what is missing, and nothing once it is there", async () => {
    const { fake } = await workspace();
    const dir = folder(), env = { DATA_DIR: dir };
    const bare = await cli(["doctor"], env);
    expect(bare.code).toBe(1);
    expect(bare.out).toContain("✗ there is no inbox");

    const file = join(dir, "threadline.yaml");
    writeFileSync(file, [
      "agents: [{ name: Mara, email: mara@example.com }]",
      `desks: [{ name: Slack, kind: slack, channel: "#support", botToken: "${fake.botToken}", appToken: "${fake.appToken}", apiUrl: "${fake.apiUrl}" }]`,
      'inboxes: [{ name: Website, channel: widget, key: shop, allowedOrigins: ["*"] }]',
    ].join("\n"));
    expect(await cli(["apply", file], env)).toMatchObject({ code: 0 });
    const { code, out } = await cli(["doctor"], env);
    expect(out).toContain("✓ botToken works: @helpdesk in the workspace Fake Team");
    expect(out).toContain("! not linked to an account on the desk yet: Mara");
    expect(out).toContain("✓ Slack: the app is in #support");
    expect(out).not.toContain(fake.botToken);
    expect(code).toBe(0);

    fake.revokeTokens();
    const after = await cli(["doctor"], env);
    expect(after.code).toBe(1);
    expect(after.out).toContain("✗ Slack refuses botToken (token_revoked)");
  }, 30_000);
});
