import { channelContract } from "../contracts/channel-contract.ts";
import { FakeBridge, SIGNING_SECRET } from "../fakes/bridge/server.ts";
import { KEY, wireBridge } from "../fakes/bridge/wire.ts";

channelContract({
  name: "api",
  async make() {
    const bridge = await FakeBridge.start();
    const { adapter, files } = wireBridge(bridge);
    return {
      adapter, address: "+4915112345678", secrets: [KEY, SIGNING_SECRET], ownRoutes: true,
      shown: () => bridge.shown.map(({ id, text, edited }) => ({ vendorId: id, text, edited })),
      fail(how) {
        if (how === "refused") bridge.fault({ status: 422 });
        else if (how === "blocked") bridge.fault({ status: 403, body: { code: "BLOCKED_BY_CONTACT" } });
        else if (how === "rate-limited") bridge.fault({ status: 429, headers: { "retry-after": "3" } });
        else bridge.fault({ hang: how === "hang" ? "before" : "after" });
      },
      file: () => files.put({ name: "offer.pdf", type: "application/pdf", owner: "agent" }, Buffer.from("%PDF-1.7 offer"), 1_000),
      close: () => bridge.close(),
    };
  },
  missing: {
    dedupe: { why: "bridges come by routes", shown: ["flows/api-channel-in.test.ts", "a contact's line comes into a thread once, whatever is repeated"] },
    echo: { why: "a bridge tells what contacts write: a reply never comes back" },
    "unsupported kind": { why: "unknown fields and kinds are refused in words", shown: ["flows/api-channel-in.test.ts", "what is not as it should be is refused in words"] },
  },
});
