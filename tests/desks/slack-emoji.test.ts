/** The emoji map as administrators set it. */
import { expect, test } from "vitest";
import { emojiOf } from "../../src/bridge/slack/acts/reactions.ts";
import { slackKind } from "../../src/bridge/slack/kind.ts";

const settings = (emoji: unknown) => slackKind.settings.safeParse({ botToken: "xoxb-1", appToken: "xapp-1-A1-x", emoji });

test("reactions lead to verbs with their arguments, and reach the desk by its settings", () => {
  const read = settings({ fire: "priority:urgent", "+1": "resolve" });
  expect(emojiOf(slackKind.read(read.data!).config)).toEqual({ fire: "priority:urgent", "+1": "resolve" });
  expect(emojiOf(slackKind.read(settings(undefined).data!).config)).toBeUndefined();
});

test("what is no verb, or no reaction's name, is refused in words; what was stored when it was one is left out", () => {
  expect(JSON.stringify(settings({ fire: "explode" }).error?.issues)).toContain("leads to verbs");
  expect(JSON.stringify(settings({ ":fire:": "resolve" }).error?.issues)).toContain("without colons");
  expect(emojiOf({ emoji: { fire: "explode" } })).toBeUndefined();
});
