/** What `threadline doctor` says of a Discord desk, and the link that `threadline discord invite` prints. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkDiscord } from "../../src/bridge/discord/checks.ts";
import { bitsOf, inviteLink, WANTED } from "../../src/bridge/discord/in/permissions.ts";
import { discordKind } from "../../src/bridge/discord/kind.ts";
import { execute } from "../../src/cli/main.ts";
import { FakeDiscord, type FakeDiscordOptions } from "../fakes/discord/discord.ts";
import { targetOn } from "../support/discord.ts";

async function server(options: FakeDiscordOptions = {}) {
  const fake = await FakeDiscord.start(options);
  onTestFinished(() => fake.stop());
  const support = fake.addForum("support");
  const check = async (more: Record<string, unknown> = {}, channel = "#support", token: string | null = fake.token) =>
    (await checkDiscord({ targets: [targetOn(fake, (plain) => plain, more, { channel })], secret: () => token, publicUrl: null, clock: { now: () => new Date() } })).map(({ state, text }) => `${state}: ${text}`);
  return { fake, support, check };
}

describe("checks", () => {
  test("all is well, in a forum and in a text channel", async () => {
    const { check, fake } = await server();
    fake.addTextChannel("chat");
    const well = ["ok: botToken works: the bot Desk Bot", "ok: the Message Content intent is on", "ok: the bot is in the server Fake Guild", "ok: slash commands may be registered"];
    expect(await check()).toEqual([...well, "ok: Discord: the bot works in #support, a forum"]);
    expect(await check({}, "chat")).toEqual([...well, "ok: Discord: the bot works in #chat, a text channel"]);
  });

  test("each missing permission is named with what it is for, as it counts in that channel; only some keep everything from working", async () => {
    const { check, fake, support } = await server();
    fake.removePermission("MANAGE_THREADS", { channel: support });
    fake.removePermission("ADD_REACTIONS");
    const said = await check();
    expect(said).toContainEqual(expect.stringMatching(/^fail: Discord: in #support the bot lacks Manage Threads \(archives, locks/));
    expect(said).toContainEqual(expect.stringMatching(/^warn: Discord: in #support the bot lacks Add Reactions .*receipts are not shown on messages$/));
    expect(said.filter((line) => line.includes("lacks"))).toHaveLength(2);
  });

  test("webhooks are asked for only where the customers' lines come through one", async () => {
    const { check, fake } = await server();
    fake.removePermission("MANAGE_WEBHOOKS");
    expect((await check()).join("\n")).not.toContain("Manage Webhooks");
    expect(await check({ customers: "webhook" })).toContainEqual(expect.stringMatching(/^warn: .*Manage Webhooks .*come from the bot/));
  });

  test("the intent that the portal lacks, unless the desk does without", async () => {
    const { check } = await server({ portal: { messageContent: false } });
    expect((await check())[1]).toMatch(/^fail: the Message Content intent is off/);
    expect((await check({ messageContent: false }))[1]).toMatch(/^ok: messageContent is false/);
  });

  test("the intent for presence, only where the desk uses it", async () => {
    const { check, fake } = await server();
    expect((await check()).join("\n")).not.toContain("Presence");
    expect((await check({ presence: { graceMinutes: 15 } }))[2]).toMatch(/^warn: the Presence Intent is off, .*Privileged Gateway Intents/);
    fake.portal.presences = true;
    expect((await check({ presence: true }))[2]).toBe("ok: the Presence Intent is on: Discord tells who is at work");
  });

  test("a missing token, a refused one, and Discord that does not answer", async () => {
    const { check, fake } = await server();
    expect(await check({}, "#support", null)).toEqual([expect.stringMatching(/^fail: botToken is missing/)]);
    expect(await check({}, "#support", "OTAwMDAwMDAwMDAwMDAwMDAx.no.longer")).toEqual([expect.stringMatching(/^fail: Discord refuses botToken\. Make a new one/)]);
    fake.fail("/**", { status: 503, times: 99 });
    expect(await check()).toEqual([expect.stringMatching(/^fail: Discord could not be asked: /)]);
  });

  test("a bot that is not in the server gets the link that invites it", async () => {
    const { check, fake } = await server();
    fake.kickBot();
    expect((await check()).at(-1)).toBe(`fail: the bot is not in the server ${fake.guildId}. Invite it with this link: ${inviteLink(fake.bot.id, { webhook: false, guild: fake.guildId })}`);
  });

  test("an invitation without slash commands", async () => {
    const { check, fake } = await server();
    fake.fail("GET /applications/*/guilds/*/commands", { code: 50_001 });
    expect(await check()).toContainEqual(expect.stringMatching(/^fail: the bot was invited without slash commands\. Open this link once more: https:\/\/discord\.com\/oauth2/));
  });

  test("a forum without room for the tags that tell the status", async () => {
    const { check, fake, support } = await server();
    const named = async () => (await check()).filter((line) => line.includes("tags"));
    expect(await named()).toEqual([]);
    for (let n = 0; n < 15; n++) support.tags.push({ id: fake.ids.next(), name: `Tag ${n}`, moderated: false, emojiName: null });
    expect(await named()).toEqual(["warn: Discord: #support has 15 tags of the 20 that Discord takes, so there is no room for Medium, High and Urgent, and posts do not tell that by their tags. Delete tags that nobody uses."]);
  });

  test("channels: unknown, out of sight, by id; a role that nobody made; hardly room for threads", async () => {
    const { check, fake, support } = await server();
    fake.addRole("Support");
    expect((await check({}, "#sales")).at(-1)).toBe("fail: Discord: Discord shows the bot no forum or text channel #sales. Create it, or give the bot View Channel there.");
    expect((await check({}, support.id)).at(-1)).toBe("ok: Discord: the bot works in #support, a forum");
    expect((await check({ roles: { agent: ["@support"], administrator: "Bosses" } })).filter((line) => line.includes("role"))).toEqual([expect.stringMatching(/^warn: the server has no role called Bosses,/)]);
    for (let n = 0; n < 900; n++) fake.memberStartsThread(support, fake.ownerId, `Talk ${n}`, "Hello");
    expect((await check()).at(-1)).toMatch(/^warn: the server has 900 active threads; at 1000/);
    fake.removePermission("VIEW_CHANNEL", { channel: support });
    expect((await check({}, support.id)).find((line) => line.includes("Discord:"))).toMatch(/^fail: Discord: the bot can't see/);
  });
});

describe("the invitation", () => {
  test("asks for what the desk needs and for nothing else", () => {
    const link = new URL(inviteLink("900000000000000001", { webhook: false }));
    expect(link.searchParams.get("scope")).toBe("bot applications.commands");
    const bits = BigInt(link.searchParams.get("permissions")!);
    expect(bits).toBe(bitsOf(WANTED.filter(({ when }) => when === undefined)));
    const ADMINISTRATOR = 1n << 3n, MANAGE_WEBHOOKS = 1n << 29n;
    expect(bits & (ADMINISTRATOR | MANAGE_WEBHOOKS)).toBe(0n);
    expect(BigInt(new URL(inviteLink("900000000000000001", { webhook: true })).searchParams.get("permissions")!) & MANAGE_WEBHOOKS).toBe(MANAGE_WEBHOOKS);
  });

  test("docs/discord.md names every permission, and every setting of a desk", () => {
    const page = readFileSync("docs/discord.md", "utf8");
    for (const { name } of WANTED) expect(page, name).toContain(`| ${name} |`);
    const { settings } = discordKind as unknown as { settings: { shape: Record<string, unknown> } };
    for (const field of Object.keys(settings.shape)) expect(page, field).toContain(`| \`${field}\``);
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

  test("discord invite takes an app, else the desk that is set up; doctor looks at it", async () => {
    const { fake } = await server();
    const dir = folder(), env = { DATA_DIR: dir };
    expect((await cli(["discord"])).code).toBe(2);
    expect(await cli(["discord", "invite", "my app"])).toMatchObject({ code: 2, err: expect.stringContaining("Application ID") as string });
    const bare = await cli(["discord", "invite", "900000000000000001"], env);
    expect(bare).toMatchObject({ code: 0, out: expect.stringContaining(inviteLink("900000000000000001", { webhook: false })) as string });
    expect(bare.out).toMatch(/Manage Threads +archives, locks/);
    expect((await cli(["discord", "invite"], env)).err).toContain("No Discord desk has been applied yet");

    const file = join(dir, "threadline.yaml");
    writeFileSync(file, [
      "agents: [{ name: Mara, email: mara@example.com }]",
      `desks: [{ name: Discord, kind: discord, channel: "#support", botToken: "${fake.token}", guild: "${fake.guildId}", apiUrl: "${fake.restUrl}", customers: webhook }]`,
      'inboxes: [{ name: Website, channel: widget, key: shop, allowedOrigins: ["*"] }]',
    ].join("\n"));
    expect(await cli(["apply", file], env)).toMatchObject({ code: 0 });
    expect((await cli(["discord", "invite"], env)).out).toContain(`&guild_id=${fake.guildId}&`);
    const { code, out } = await cli(["doctor"], env);
    expect(out).toContain("✓ botToken works: the bot Desk Bot");
    expect(out).toContain("! not linked to an account on the desk yet: Mara. On Discord their first message links them");
    expect(out).toContain("✓ Discord: the bot works in #support, a forum");
    expect(out).not.toContain(fake.token);
    expect(code).toBe(0);

    fake.kickBot();
    const after = await cli(["doctor"], env);
    expect(after).toMatchObject({ code: 1, out: expect.stringContaining("✗ the bot is not in the server") as string });
  }, 180_000);
});
