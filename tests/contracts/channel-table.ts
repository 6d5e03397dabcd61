/** An adapter and its table say the same: what it claims is there, what it denies is refused in words before a call. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Capabilities } from "../../src/core/model/capabilities.ts";
import type { FileRef } from "../../src/core/model/types.ts";
import { canDelete, canEdit, canMarkRead, canReact, canType, hasTemplates, isOwnStore, isThreading, type ChannelAdapter, type OutboundMessage } from "../../src/core/ports.ts";
import { buildTestCore } from "../support/core.ts";

/** Methods beside what the table says of them. Our own store shows typing and reading by the bus. */
const METHODS: Partial<Record<keyof Capabilities, (adapter: ChannelAdapter) => boolean>> = {
  edit: canEdit, delete: canDelete, react: canReact, templates: hasTemplates, recipients: isThreading,
  typing: (adapter) => canType(adapter) || isOwnStore(adapter), markRead: (adapter) => canMarkRead(adapter) || isOwnStore(adapter),
};
const isClaimed = ({ is }: Capabilities[keyof Capabilities]): boolean => is !== false && is !== null && is !== "none";

export function tableHolds(adapter: ChannelAdapter): void {
  const { capabilities } = adapter;
  for (const [name, has] of Object.entries(METHODS)) expect(has(adapter), `${adapter.id}: ${name}`).toBe(isClaimed(capabilities[name as keyof Capabilities]));
  for (const [name, { source }] of Object.entries(capabilities)) {
    if (/^(src|tests|docs)\//.test(source)) expect(readFileSync(new URL(`../../${source}`, import.meta.url), "utf8"), name).not.toBe("");
    else expect(source, name).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+\/\S{3,}$/);
  }
  if (isOwnStore(adapter)) return;
  // what a plan is given beyond the words shows in it, or does not
  const message: OutboundMessage = { id: "m", body: "When?", files: [], author: { name: "Mia" } };
  const planned = (more: Partial<OutboundMessage>): string => JSON.stringify(adapter.plan({ ...message, ...more }));
  const takes = (ability: keyof Capabilities, more: Partial<OutboundMessage>) => { if (isClaimed(capabilities[ability])) expect(planned(more), ability).not.toBe(planned({})); };
  takes("quotes", { answers: "1:1" });
  takes("choices", { choices: [{ id: "1", label: "Today" }, { id: "2", label: "Tomorrow" }] });
  for (const [type, body] of Object.entries({ bold: "so **it** is", italic: "so *it* is", strike: "so ~~it~~ is", code: "so `it` is", pre: "so\n```\nit\n```\nis", quote: "so\n> it\nis" } as const)) {
    if (capabilities.formatting.is.includes(type as "bold")) expect(planned({ body }), type).not.toBe(planned({ body: "so it is" }));
  }
  expect(planned({ body: "see [our page](https://example.com/a)" }), "a link's address").toContain("https://example.com/a");
}

/** Over a whole core, as an agent meets it: `shown` is what the vendor has. */
export async function denialsAreWords(adapter: ChannelAdapter, address: string, shown: () => unknown[], file: () => Promise<FileRef>): Promise<void> {
  const help = await buildTestCore();
  help.core.channels.set(help.inbox._id, adapter);
  await help.write("Hello", address);
  await help.settle();
  await help.say("It comes today.");
  const [sent] = await help.lines("outgoing"), before = structuredClone(shown()), table = adapter.capabilities;
  expect(sent!.delivery.state).toBe("sent");
  const act = async (verb: string, args = ""): Promise<string> => {
    const { notice } = await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation()).thread!.id, verb, args, ...(verb === "edit" || verb === "retract" ? { messageId: sent!._id } : {}) });
    await help.settle();
    return notice ?? "";
  };
  if (!table.edit.is) expect(await act("edit", "It comes tomorrow.")).toContain("can't change what was sent");
  if (!table.delete.is) expect(await act("retract")).toContain("can't take a message back");
  if (!table.templates.is) expect(await act("template", "order_update")).toContain("has no templates");
  if (table.recipients.is === null) expect(await act("cc", "add jonas@example.com")).toContain("goes to the customer alone");
  expect(shown()).toEqual(before);

  await help.store.messages.updateOne({ _id: sent!._id }, { $set: { "delivery.state": "queued", "delivery.parts": [], "delivery.dueAt": help.clock.now(), files: [{ ...(await file()), bytes: table.files.is + 1 }] } });
  help.core.bus.publish({ type: "lane.due", lane: "delivery", conversationId: sent!.conversationId });
  await help.settle();
  expect((await help.lines("outgoing"))[0]!.delivery).toMatchObject({ state: "failed", error: { code: "TOO_LARGE", text: expect.stringContaining("Nothing was sent; send a link instead.") as string } });
  expect(shown()).toEqual(before);

  if (table.choices.is === null) {
    await act("choices", "When? | Today | Tomorrow");
    expect((await help.lines("outgoing"))[1]!).toMatchObject({ body: "When?\n1. Today\n2. Tomorrow", delivery: { state: "sent" } });
  }
  if (table.window.is !== null) {
    help.clock.advance(table.window.is + 1);
    const lines = shown().length;
    await help.say("Are you still there?");
    expect(shown()).toHaveLength(lines);
  }
}
