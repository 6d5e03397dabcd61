/** Inboxes: what they are, how they stand, the widget's snippet, and *Test* where the channel has checks. */
import { UserError } from "../../core/errors.ts";
import type { Inbox as StoredInbox } from "../../core/model/types.ts";
import { standingTroubles, type StandingTrouble } from "../../core/services/channel-trouble.ts";
import { allInboxes, allTargets } from "../../core/services/inbox-settings.ts";
import { inboxes, type Inbox, type State } from "../wire.ts";
import { baseUrl, type AdminCall, type AdminParts } from "./call.ts";
import { runTest } from "./run-test.ts";

function stateOf({ core }: AdminParts, inbox: StoredInbox, troubles: StandingTrouble[]): State {
  if (!inbox.enabled) return { level: "off", text: "Switched off: nothing comes in or goes out, and what is there is kept.", since: null };
  const trouble = troubles.find(({ inboxId }) => inboxId === inbox._id);
  if (trouble !== undefined) return { level: "fail", text: trouble.text, since: trouble.since.toISOString() };
  if (core.channels.has(inbox._id)) return { level: "ok", text: "On.", since: null };
  return { level: "fail", text: "It could not be started; the server's log says why.", since: null };
}

/** What goes into a site's pages. The key holds letters, digits, - and _ alone. */
const snippetFor = (base: string, key: string): string => `<script async src="${base}/widget/loader.js" data-inbox-key="${key}"></script>`;

export const inboxCalls: AdminCall[] = [
  {
    method: "GET", path: "/inboxes", summary: "List the inboxes with their state and settings", about: "Admin", needs: "admin.read", answers: { 200: inboxes }, codes: [],
    async run(incoming) {
      const { parts } = incoming;
      const { core, tests } = parts;
      const [found, targets, troubles] = await Promise.all([allInboxes(core), allTargets(core), standingTroubles(core)]);
      const shown: Inbox[] = found.toSorted((a, b) => a.name.localeCompare(b.name)).map((inbox) => {
        const { undoSeconds, doubleReplySeconds, noteFirst, reopenHours, takeOnReply } = inbox.settings;
        return {
          id: inbox._id, name: inbox.name, channel: inbox.channel, key: inbox.identity, enabled: inbox.enabled, state: stateOf(parts, inbox, troubles),
          desk: targets.find(({ _id }) => _id === inbox.deskTargetId)?.name ?? "none (any more)", testable: tests.inboxes[inbox.channel] !== undefined,
          snippet: inbox.channel === "widget" ? snippetFor(baseUrl(incoming), inbox.identity) : null,
          settings: { undoSeconds, doubleReplySeconds, noteFirst, reopenHours, takeOnReply },
        };
      });
      return { inboxes: shown };
    },
  },
  {
    method: "POST", path: "/inboxes/:id/test", summary: "Look at an inbox's vendor from outside", about: "Admin", needs: "admin.write", answers: { 200: "lines" }, codes: ["INBOX_UNKNOWN", "NOT_POSSIBLE", "TOO_MANY"],
    async run(incoming) {
      const { parts: { core, tests }, params } = incoming;
      const inbox = (await allInboxes(core)).find(({ _id }) => _id === params["id"]);
      if (inbox === undefined) throw new UserError("INBOX_UNKNOWN", "There is no such inbox. Load the list of inboxes again.");
      const look = tests.inboxes[inbox.channel];
      if (look === undefined) throw new UserError("NOT_POSSIBLE", "This kind of inbox has nothing at a vendor that could be tested.");
      return runTest(incoming, `inbox ${inbox._id}`, inbox, look);
    },
  },
];
