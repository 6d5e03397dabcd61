/** People's acts over Slack's sockets, through the whole desk. */
import { expect, test } from "vitest";
import { readThreadId } from "../../src/bridge/slack/ids.ts";
import { startSlack } from "../support/slack.ts";
import type { Json } from "../fakes/slack/types.ts";

async function desk() {
  const s = await startSlack();
  await s.help.write("Where is my order?");
  await s.help.settle();
  const { ts } = readThreadId(await s.thread());
  const button = (label: string) => {
    const all = (s.fake.space.message(s.channel.id, ts).blocks ?? []).flatMap((block) => (Array.isArray(block.elements) ? (block.elements as Json[]) : []));
    return all.find((element) => (element.text as Json | undefined)?.text === label) as unknown as { action_id: string; value: string };
  };
  return { ...s, ts, press: (label: string, who: string) => s.fake.userPressesButton(s.channel.id, ts, button(label).action_id, button(label).value, who) };
}

test("a button, a form, a shortcut, a command, a reaction and the home, over sockets", async () => {
  const s = await desk();
  expect(await s.press("Assign", s.mara.id)).toMatchObject({ acked: true });
  const form = await s.fake.until(() => s.fake.openViews(s.mara.id).find(({ content }) => (content.submit ?? null) !== null), "the form");
  expect(await s.fake.userSubmitsView(form.id, { value: { input: "Jonas" } }, s.mara.id)).toMatchObject({ acked: true });
  expect(await s.help.conversation()).toMatchObject({ assigneeId: s.help.jonas._id });

  expect(await s.fake.userRunsCommand("/desk", "mine", s.channel.id, s.jonas.id)).toMatchObject({ acked: true });
  expect(s.fake.ephemeralsFor(s.jonas.id).at(-1)!.text).toContain("You have 1 conversation");

  s.fake.userReacts(s.channel.id, s.ts, "white_check_mark", s.jonas.id);
  await s.fake.idle();
  expect(await s.help.conversation()).toMatchObject({ status: "resolved" });
  await s.help.settle();
  expect(await s.press("Reopen", s.jonas.id)).toMatchObject({ acked: true });
  await s.fake.until(() => JSON.stringify(s.fake.space.message(s.channel.id, s.ts).blocks).includes("Take"), "the open card");
  s.fake.userOpensHome(s.jonas.id);
  await s.fake.until(() => s.fake.homeOf(s.jonas.id), "the home");
  expect(await s.fake.userUsesShortcut("resolve", s.channel.id, s.ts, s.jonas.id)).toMatchObject({ acked: true });
  await s.fake.until(() => JSON.stringify(s.fake.space.message(s.channel.id, s.ts).blocks).includes("Reopen"), "the resolved card");
});

test("a person who may not is told so, and nothing changes", async () => {
  const s = await desk();
  const sam = s.fake.space.addUser("sam", { emailConfirmed: false });
  s.channel.members.add(sam.id);
  expect(await s.press("Resolve", sam.id)).toMatchObject({ acked: true });
  const told = await s.fake.until(() => s.fake.openViews(sam.id)[0], "the refusal");
  expect(JSON.stringify(told.content.blocks)).toContain("Only linked, active agents");
  expect(await s.help.conversation()).toMatchObject({ status: "open" });
});
