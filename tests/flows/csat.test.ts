/** Customers are asked how it went: once for each resolve, on their channel, and who answered them has the credit. */
import { pino } from "pino";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { surveyRoutes } from "../../src/channels/survey/routes.ts";
import type { CsatSettings, Survey } from "../../src/core/model/care.ts";
import { CSAT_SCALES, highestOf, labelsOf, scoreIn } from "../../src/core/model/csat.ts";
import { newId } from "../../src/core/model/ids.ts";
import { answerByLine, answerSurvey, tellAnswers } from "../../src/core/services/csat-answer.ts";
import { askDueSurveys, surveyToken } from "../../src/core/services/csat.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { sendReply } from "../../src/core/services/send-reply.ts";
import { resolve } from "../../src/core/services/set-status.ts";
import { buildServer } from "../../src/server.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const CSAT: CsatSettings = { scale: "1-5", delayMinutes: 10, everyDays: 30, onAutomatic: false, labels: [] };

async function asking(csat: Partial<CsatSettings> = {}) {
  const one = await oneConversation(store());
  const { help, id, customer, now, act } = one;
  await store().inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.csat": { ...CSAT, ...csat } } });
  forgetSettings(help.core);
  const look = async () => { help.clock.advance(10 * 60_000 + 1); await askDueSurveys(help.core); await help.settle(); };
  return {
    ...one, look,
    /** Not through the desk, whose own clock a test can't push. */
    reply: async (text: string, agent = help.mara) => { await sendReply(help.core, { conversation: await now(), agent, body: text, files: [], source: `test:${newId(help.clock.now())}` }); await help.settle(); },
    survey: async (): Promise<Survey | null> => store().surveys.find({ conversationId: id }).sort({ askedAt: -1 }).limit(1).next(),
    got: () => help.channel.textsTo(customer),
    resolved: async (args = "--anyway") => { await act("Mara", "resolve", args); await look(); expect((await now()).status).toBe("resolved"); },
    rated: async () => (await one.facts()).filter((fact) => fact.type === "csat"),
  };
}

describe("a survey", () => {
  test("comes after the delay, once for a resolve however often it is looked, and is answered by a line that opens nothing", async () => {
    const { help, customer, now, survey, got, resolved, look, rated, reply } = await asking();
    await reply("It arrives today.");
    await resolved();
    await Promise.all([askDueSurveys(help.core), askDueSurveys({ ...help.core, holder: "another" })]);
    await look();
    expect(got().filter((text) => text.startsWith("How did we do?"))).toHaveLength(1);
    await help.write("4", customer);
    await help.settle();
    expect(await now()).toMatchObject({ status: "resolved", waitingSince: null });
    expect(await survey()).toMatchObject({ score: 4, low: false, agentName: "Mara", rev: 1 });
    expect(await rated()).toMatchObject([{ score: 4, of: 5, low: false, agentName: "Mara" }]);
    expect(got().at(-1)).toContain("Thank you!");
    await help.write("Very friendly", customer);
    await help.settle();
    expect(await survey()).toMatchObject({ score: 4, comment: "Very friendly" });
    expect((await now()).status).toBe("resolved");
    await help.write("Where is the second parcel?", customer);
    await help.settle();
    expect((await now()).status).toBe("open");
    expect(await help.texts()).toContain(`${(await now()).contactName} rated this 4 of 5, answered by Mara`);
  });

  test("that is answered badly raises an event, and what is added then asks for the team", async () => {
    const { help, customer, now, survey, resolved, rated, reply } = await asking({ scale: "thumbs" });
    const raised: boolean[] = [];
    help.core.bus.on("csat.answered", ({ low }) => raised.push(low));
    await reply("No.");
    await resolved();
    await help.write("👎🏽", customer);
    await help.settle();
    expect([raised, await rated()]).toMatchObject([[true], [{ score: 1, of: 2, low: true }]]);
    await help.write("I still have no parcel", customer);
    await help.settle();
    expect([(await now()).status, (await survey())!.comment]).toEqual(["open", "I still have no parcel"]);
  });

  test("is credited to who wrote most since the last opening, of two the last", async () => {
    const { help, survey, resolved, customer, reply } = await asking({ everyDays: 0 });
    for (const text of ["One", "Two"]) await reply(text);
    await resolved();
    expect((await survey())!.agentName).toBe("Mara");
    await help.write("And the other one?", customer);
    await help.settle();
    await reply("Sorted.", help.jonas);
    await resolved();
    expect((await survey())!.agentName).toBe("Jonas");
  });

  test("is not sent where nobody answered, by --no-survey, after skip, automatically, without the label, or again within the days", async () => {
    const { help, now, survey, act, look, got, reply } = await asking({ labels: ["billing"] });
    const again = async (args = "--anyway") => { await act("Mara", "resolve", args); await look(); const found = await survey(); await act("Mara", "reopen"); return found; };
    await act("Mara", "label", "billing");
    expect(await again()).toBeNull();
    await reply("Here you are.");
    expect(await again("--no-survey --anyway")).toBeNull();
    await act("Mara", "unlabel", "billing");
    await reply("Once more.");
    expect(await again()).toBeNull();
    await act("Mara", "label", "billing");
    await reply("Once more.");
    await resolve(help.core, { conversation: await now(), actor: { type: "system", name: "Threadline" }, automatic: true });
    await look();
    expect(await survey()).toBeNull();
    await act("Mara", "reopen");
    await reply("Once more.");
    await act("Mara", "resolve", "--anyway");
    await act("Mara", "csat", "skip");
    await look();
    expect(await survey()).toBeNull();
    await act("Mara", "reopen");
    await reply("Once more.");
    expect(await again()).not.toBeNull();
    await reply("Once more.");
    const first = (await survey())!._id;
    expect((await again())!._id).toBe(first);
    expect((await act("Mara", "csat")).ok).toBe(true);
    expect((await survey())!._id).not.toBe(first);
    expect(got().filter((text) => text.startsWith("How did we do?"))).toHaveLength(2);
  });

  test("survives a stop after each step: asked once, answered once, told once", async () => {
    const { help, customer, id, survey, act, look, rated, got, reply } = await asking();
    await reply("Yes.");
    await act("Mara", "resolve", "--anyway");
    const due = (await help.conversation(customer)).csat!;
    await look();
    // everything was done but the last write
    await store().conversations.updateOne({ _id: id }, { $set: { csat: due } });
    await askDueSurveys(help.core);
    await help.settle();
    expect(got().filter((text) => text.startsWith("How did we do?"))).toHaveLength(1);
    const { message } = await help.write("2", customer);
    await help.settle();
    const answered = (await survey())!;
    await store().surveys.updateOne({ _id: answered._id }, { $set: { tellDueAt: help.clock.now() } });
    await answerByLine(help.core, message!);
    await tellAnswers(help.core);
    await help.settle();
    expect([await rated(), (await survey())!.rev]).toMatchObject([[{ score: 2 }], 1]);
    expect(got().filter((text) => text.startsWith("Thank you!"))).toHaveLength(1);
  });

  test("takes a changed answer in place of the first until it closes; a figure that an agent asked for is none", async () => {
    const { help, customer, survey, resolved, act, reply } = await asking();
    await reply("Yes.");
    await resolved();
    for (const score of ["2", "5"]) { await help.write(score, customer); await help.settle(); }
    expect(await survey()).toMatchObject({ score: 5, rev: 2 });
    const { messageId } = (await survey())!;
    await help.write("⭐⭐⭐⭐", customer, { choice: { messageId, id: "4" } });
    await help.settle();
    expect([(await survey())!.score, (await help.conversation(customer)).status]).toEqual([4, "resolved"]);
    await act("Mara", "reopen");
    await reply("How many do you need?");
    await help.write("3", customer);
    await help.settle();
    expect((await survey())!.score).toBe(4);
    help.clock.advance(15 * 86_400_000);
    expect(await answerSurvey(help.core, (await survey())!._id, { key: "late", at: help.clock.now(), score: 1 })).toBe(false);
  });
});

test("the page of a mail's link: opening it records nothing, its form does, once; a forged or late link is over", async () => {
  const { help, survey, resolved, rated, reply } = await asking();
  await reply("Yes.");
  await resolved();
  const app = await buildServer({ plugins: [surveyRoutes(help.core)], log: pino({ level: "silent" }), trustProxy: false });
  onTestFinished(() => app.close());
  const { _id } = (await survey())!;
  const url = `/csat/${surveyToken(help.core, _id)}`;
  const post = (payload: string, to = url) => app.inject({ method: "POST", url: to, payload, headers: { "content-type": "application/x-www-form-urlencoded" } });
  const shown = await app.inject({ method: "GET", url });
  expect([shown.statusCode, shown.headers["content-security-policy"]]).toEqual([200, expect.stringContaining("default-src 'none'")]);
  expect((await survey())!.answeredAt).toBeUndefined();
  expect((await post("score=9")).statusCode).toBe(400);
  for (let n = 0; n < 2; n++) expect((await post("score=1&comment=%3Cb%3ESlow%3C%2Fb%3E")).statusCode).toBe(200);
  await help.settle();
  expect(await survey()).toMatchObject({ score: 1, low: true, comment: "<b>Slow</b>", rev: 1 });
  expect(await rated()).toHaveLength(1);
  expect((await app.inject({ method: "GET", url })).body).not.toContain("<b>Slow");
  expect((await app.inject({ method: "GET", url: `${url.slice(0, -3)}abc` })).statusCode).toBe(404);
  help.clock.advance(15 * 86_400_000);
  expect((await post("score=5")).statusCode).toBe(404);
  expect((await survey())!.score).toBe(1);
});

test("every label of a scale reads as its score, and a sentence never does", () => {
  for (const scale of CSAT_SCALES) {
    labelsOf(scale).forEach((label, i) => expect(scoreIn(scale, ` ${label}! `), `${scale} ${label}`).toBe(i + 1));
    fc.assert(fc.property(fc.string(), (text) => { const score = scoreIn(scale, text); return score === null || (score >= 1 && score <= highestOf(scale)); }));
  }
  for (const text of ["", "0", "6", "10", "4 parcels are missing", "5?", "I give you 1", "4/10"]) expect(scoreIn("1-5", text), text).toBeNull();
});
