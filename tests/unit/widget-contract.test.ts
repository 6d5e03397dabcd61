/** The widget's rows: our own database is the vendor, so its routes and its feed show them. */
import { describe } from "vitest";
import { widgetAdapter } from "../../src/channels/widget/adapter.ts";
import { missingRows, type MissingRows } from "../contracts/channel-rows.ts";

const ours = "our own database is the vendor: what is stored is what the customer has";
const calls = "flows/widget-calls.test.ts", socket = "flows/widget-socket.test.ts", input = "flows/widget-bad-input.test.ts";
const MISSING: MissingRows = {
  dedupe: { why: "visitors come by routes", shown: [calls, "ten repeats at once make one message"] },
  order: { why: "the feed gives the order", shown: [socket, "ready, then all newer than `after` in order"] },
  echo: { why: "only visitors' own calls come in: a reply never comes back" },
  edit: { why: "the feed stamps the change", shown: [socket, "an edit and a deletion arrive as changes of the line"] },
  delete: { why: "the feed stamps the change", shown: [socket, "an edit and a deletion arrive as changes of the line"] },
  reaction: { why: "the widget has none" },
  file: { why: "visitors fetch files by a route", shown: [input, "files: stored under a base name"] },
  oversize: { why: "a route refuses them", shown: [input, "limited in size and kind"] },
  "unsupported kind": { why: "unknown fields and kinds are refused in words", shown: [input, "every bad call is answered in words"] },
  blocked: { why: "a visitor can't block us" },
  "rate-limited": { why: ours },
  "ambiguous failure": { why: ours },
};

describe("channel contract: widget", () => { missingRows([], MISSING, () => widgetAdapter); });
