/** What campaigns decide without a store: who a segment holds, whose night it is, which words take off the list, which page is like another. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFilter } from "../../src/core/filters/parse.ts";
import { planSegment } from "../../src/core/filters/segment.ts";
import { isLikePage, wishOf } from "../../src/core/model/campaigns.ts";
import { quietUntil, zoneOf } from "../../src/core/model/quiet-hours.ts";
import type { Contact, Conversation } from "../../src/core/model/types.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const CONTEXT = { me: null, now: NOW, timeZone: "UTC", agents: [], teams: [], inboxes: [{ _id: "i", name: "Bot" }], desks: [], labels: ["billing", "vip"], words: new Map() };
const contact = (more: Partial<Contact> = {}): Contact => ({ _id: "p", name: "Ana Lima", anonymous: false, createdAt: new Date("2026-11-20T00:00:00Z"), ...more });
const conversation = (more: object): Conversation => ({ labels: [], status: "open", inboxId: "i", lastMessageAt: NOW, ...more }) as unknown as Conversation;
const holds = (filter: string, who: Contact, all: Conversation[] = []) => planSegment(parseFilter(filter), CONTEXT).test(who, all);

describe("a segment", () => {
  test.each([
    ["", true], ["contact:lima", true], ["contact:ben", false], ["email:@example.com", true], ["email:none", false], ["phone:none", true], ["phone:+49*", false], ["created:7d", true], ["created>7d", false],
    ["attribute:plan=gold", true], ["attribute:plan=silver", false], ["label:billing", true], ["-label:billing", false], ["label:vip", false], ["-label:vip", true], ["label:billing status:resolved", true], ["label:vip OR contact:ana", true],
    ["NOT (label:billing contact:ana)", false], ["inbox:Bot", true],
  ])("%s: %s", (filter, expected) => {
    const who = contact({ email: "ana@example.com", attributes: { plan: "Gold" } });
    expect(holds(filter, who, [conversation({ labels: ["billing"] }), conversation({ status: "resolved" })])).toBe(expected);
  });
  test("refuses what is no contact's, in words", () => {
    for (const filter of ['"refund"', "kind:incoming", "changed:status", "colour:red"]) expect(() => planSegment(parseFilter(filter), CONTEXT), filter).toThrow(/can't be asked of contacts|no field/);
  });
});

test("quiet hours end at their time where somebody is, whatever the clocks do, and hold only between", () => {
  const times = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 })).map(([h, m]) => `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`);
  fc.assert(fc.property(times, times, fc.constantFrom("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC"), fc.date({ min: new Date("2026-01-01"), max: new Date("2027-12-31"), noInvalidDate: true }), (from, to, zone, now) => {
    fc.pre(from !== to);
    const until = quietUntil({ from, to }, zone, now);
    if (until === null) return;
    expect(until.getTime()).toBeGreaterThan(now.getTime());
    expect(until.getTime() - now.getTime()).toBeLessThanOrEqual(25 * 3_600_000);
    expect(quietUntil({ from, to }, zone, until)).toBeNull();
  }));
  expect(quietUntil({ from: "21:00", to: "08:00" }, "Europe/Berlin", new Date("2026-11-22T22:30:00Z"))).toEqual(new Date("2026-11-23T07:00:00Z"));
  expect(quietUntil({ from: "21:00", to: "08:00" }, "Europe/Berlin", new Date("2026-11-22T03:00:00Z"))).toEqual(new Date("2026-11-22T07:00:00Z"));
  expect(quietUntil({ from: "21:00", to: "08:00" }, "Europe/Berlin", NOW)).toBeNull();
  expect([zoneOf({ phone: "+49 151 1234" }, "UTC"), zoneOf({ phone: "00353 1 234567" }, "UTC"), zoneOf({ attributes: { timezone: "Mars/Crater" } }, "UTC")]).toEqual(["Europe/Berlin", "Europe/Dublin", "UTC"]);
});

test("a whole line takes off the list or puts back; a sentence never does", () => {
  for (const line of ["STOP", " stop. ", "Stopp!", "Désabonner", "desabonner", "СТОП", "退订", "Opt-out", "unsubscribe", "/stop", "cancelar  suscripción"]) expect(wishOf(line), line).toBe("stop");
  for (const line of ["START", "/start", "Anmelden"]) expect(wishOf(line), line).toBe("start");
  for (const line of ["", "stop it", "please stop", "don't stop", "Where does the bus stop?", "start again", "non-stop"]) expect(wishOf(line), line).toBeNull();
});

test("pages: from their beginning to their end, by path, and any text costs little", () => {
  const like = (page: string, address: string) => isLikePage(page, address);
  expect([like("", "https://a.example/x"), like("https://a.example/x", "https://a.example/x#top"), like("/x", "https://a.example/x"), like("/x", "https://a.example/xy"), like("/x*", "https://a.example/xy"), like("*/x", "https://a.example/b/x"), like("/a*b*c", "https://a.example/a1b2c"), like("/a*a", "https://a.example/a"), like("/x", "nonsense")])
    .toEqual([true, true, true, false, true, true, true, false, false]);
  fc.assert(fc.property(fc.webUrl(), (address) => like("*", address)));
});
