/** What a Discord desk's entry in the settings file may say, and what it is refused with. */
import { describe, expect, test } from "vitest";
import { discordKind } from "../../src/bridge/discord/kind.ts";
import { botIdOf, makeMark, makeThreadId, nonceOf, readMark, readThreadId, refOf, snowflakeOf, timeOf } from "../../src/bridge/discord/ids.ts";
import type { DeskThreadId } from "../../src/core/model/types.ts";
import { FAKE_DISCORD_TOKEN } from "../fakes/discord/world.ts";

const botToken = FAKE_DISCORD_TOKEN, guild = "900000000000000002";
const faults = (settings: object) => discordKind.settings.safeParse(settings).error?.issues.map(({ message }) => message).join(" ") ?? "";

describe("a Discord desk's settings", () => {
  test("the server is its identity; the token is secret; as the bot is the default", () => {
    expect(discordKind.read(discordKind.settings.parse({ botToken, guild }))).toEqual({
      identity: guild, secrets: { botToken }, config: { guild, customers: "bot", messageContent: true, apiUrl: "https://discord.com/api" },
    });
  });
  test("addresses lose their last slash; one role's name is a list of one", () => {
    const { config } = discordKind.read(discordKind.settings.parse({ botToken, guild, apiUrl: "http://127.0.0.1:9/api/", gatewayUrl: "ws://127.0.0.1:9/", customers: "webhook", messageContent: false, roles: { agent: "Support", administrator: ["Admin", "Owner"] } }));
    expect(config).toEqual({ guild, customers: "webhook", messageContent: false, apiUrl: "http://127.0.0.1:9/api", gatewayUrl: "ws://127.0.0.1:9", roles: { agent: ["Support"], administrator: ["Admin", "Owner"] } });
  });
  test.each([
    [{ guild }, "Reset Token"], [{ botToken: "abc", guild }, "no bot token"], [{ botToken, guild: "My server" }, "Copy ID"], [{ botToken, guild, customers: "me" }, "`bot` (no line can ever stand there twice) or `webhook`"],
    [{ botToken, guild, messageContent: "no" }, "/reply"], [{ botToken, guild, roles: { boss: "x" } }, "`supervisor`"], [{ botToken, guild, apiUrl: "discord.com" }, "`apiUrl`"], [{ botToken, guild, gatewayUrl: "https://discord.com" }, "`gatewayUrl`"], [{ botToken, guild, token: "x" }, "token"], [{ botToken, guild, presence: "yes" }, "`presence`"],
  ])("%j is refused in words", (settings, words) => { expect(faults(settings)).toContain(words); });
});

describe("ids", () => {
  test("a thread's id holds all that makes it unique; another desk's is refused", () => {
    const id = makeThreadId(guild, "900000000000000009");
    expect(readThreadId(id)).toEqual({ guild, thread: "900000000000000009" });
    expect(() => readThreadId("slack:T1:C1:1.2" as DeskThreadId)).toThrow("not on Discord");
  });
  test("an id says when it came to be", () => {
    const at = new Date("2026-11-21T12:00:00.123Z");
    expect(timeOf(snowflakeOf(at))).toEqual(at);
  });
  test("a token says whose it is", () => {
    expect(botIdOf(FAKE_DISCORD_TOKEN)).toMatch(/^\d{15,21}$/);
    expect(botIdOf("no.bot.token")).toBeNull();
  });
  test("a nonce has 25 characters at most and differs by place, key and part", () => {
    const all = [nonceOf("a", "k", 0), nonceOf("b", "k", 0), nonceOf("a", "l", 0), nonceOf("a", "k", 1)];
    expect(new Set(all).size).toBe(4);
    for (const one of all) expect(one.length).toBeLessThanOrEqual(25);
  });
  test("marks are read back", () => {
    for (const mark of [{ ref: refOf("m1"), part: 0, parts: 1 }, { ref: refOf("m2"), part: 2, parts: 11 }]) expect(readMark(`text\n-# ${makeMark(mark)}`)).toEqual(mark);
    expect(readMark("text")).toBeNull();
  });
});
