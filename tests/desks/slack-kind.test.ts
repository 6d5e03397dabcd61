import { describe, expect, test } from "vitest";
import { slackKind } from "../../src/bridge/slack/kind.ts";
import { makeMark, makeThreadId, readMark, readThreadId, timeOfTs, tsOfTime } from "../../src/bridge/slack/ids.ts";
import type { DeskThreadId } from "../../src/core/model/types.ts";

const BOT = "xoxb-1-2-abc";
const APP = "xapp-1-A0123ABC-456-def";
const faults = (settings: object) => slackKind.settings.safeParse(settings).error?.issues.map(({ message }) => message).join(" ") ?? "";

describe("a Slack desk's settings", () => {
  test("over sockets the app's id is read out of its token", () => {
    expect(slackKind.read(slackKind.settings.parse({ botToken: BOT, appToken: APP }))).toEqual({ identity: "A0123ABC", config: { apiUrl: "https://slack.com/api/" }, secrets: { botToken: BOT, appToken: APP } });
  });
  test("whether members are agents is kept when it is on, and has to be yes or no", () => {
    expect(slackKind.read(slackKind.settings.parse({ botToken: BOT, appToken: APP, membersAreAgents: true })).config).toMatchObject({ membersAreAgents: true });
    expect(slackKind.read(slackKind.settings.parse({ botToken: BOT, appToken: APP })).config).not.toHaveProperty("membersAreAgents");
    expect(faults({ botToken: BOT, appToken: APP, membersAreAgents: "yes" })).toContain("`membersAreAgents`");
  });
  test("over HTTP it is given", () => {
    expect(slackKind.read(slackKind.settings.parse({ botToken: BOT, signingSecret: "0123456789abcdef", appId: "A9", apiUrl: "http://127.0.0.1:9/api" }))).toEqual({
      identity: "A9", config: { apiUrl: "http://127.0.0.1:9/api/" }, secrets: { botToken: BOT, signingSecret: "0123456789abcdef" },
    });
  });
  test.each([
    [{}, "OAuth & Permissions"], [{ botToken: "xoxp-1" }, "no bot token"], [{ botToken: BOT }, "`appToken`"], [{ botToken: BOT, appToken: "xoxb-1" }, "App-Level Tokens"], [{ botToken: BOT, signingSecret: "0123456789abcdef" }, "`appId`"],
    [{ botToken: BOT, appToken: APP, signingSecret: "0123456789abcdef", appId: "A0123ABC" }, "not both"], [{ botToken: BOT, appToken: APP, appId: "A9" }, "another app"], [{ botToken: BOT, appToken: APP, token: "x" }, "token"], [{ botToken: BOT, appToken: APP, apiUrl: "slack.com" }, "apiUrl"], [{ botToken: BOT, appToken: APP, presence: { graceMinutes: 0 } }, "`presence`"],
  ])("%j is refused in words", (settings, words) => { expect(faults(settings)).toContain(words); });
});

describe("ids", () => {
  test("a thread's id holds all that makes it unique; another desk's is refused", () => {
    const id = makeThreadId("T1", "C1", "1700000000.000100");
    expect(readThreadId(id)).toEqual({ team: "T1", channel: "C1", ts: "1700000000.000100" });
    expect(() => readThreadId("playground:abc" as DeskThreadId)).toThrow("not on Slack");
  });
  test("marks are read back", () => {
    for (const mark of [{ kind: "card", conversation: "c1", collapsed: true, key: "c1:0" }, { kind: "post", key: "m1:plain", part: 2, parts: 3 }, { kind: "files", key: "m1" }] as const) expect(readMark(makeMark(mark))).toEqual(mark);
    expect(readMark("b1")).toBeNull();
  });
  test("times and their names", () => {
    expect(timeOfTs("1700000000.123400").getTime()).toBe(1_700_000_000_123);
    expect(tsOfTime(new Date(1_700_000_000_007))).toBe("1700000000.007000");
    expect(tsOfTime(new Date(0))).toBe("0.000000");
  });
});
