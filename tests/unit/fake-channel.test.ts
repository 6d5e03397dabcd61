import { DeliveryError } from "../../src/core/errors.ts";
import { channelContract } from "../contracts/channel-contract.ts";
import { FAKE_SECRET, FakeChannel } from "../fakes/fake-channel.ts";
import { captured } from "../support/captured.ts";

channelContract({
  name: "fake",
  async make() {
    const channel = new FakeChannel();
    const certain = (code: DeliveryError["code"], more: object = {}) => new DeliveryError(code, "no", { certain: true, ...more });
    return {
      adapter: channel, address: "ana", secrets: [FAKE_SECRET],
      shown: () => channel.sent.filter((s) => !s.deleted).map(({ vendorId, text, edited }) => ({ vendorId, text, edited })),
      fail(how) {
        if (how === "hang") channel.hangNext();
        else if (how === "timeout-after-effect") channel.timeOutAfterEffect();
        else if (how === "blocked") channel.failNext(certain("BLOCKED_BY_CONTACT", { permanent: true }));
        else channel.failNext(how === "rate-limited" ? certain("RATE_LIMITED", { retryAfterMs: 1_000 }) : certain("REFUSED", { permanent: true }));
      },
      file: async () => ({ fileId: "f1", name: "a.txt", type: "text/plain", bytes: 3, state: "ready" }),
      call: (payload, signed = true) => ({ headers: signed ? { "x-fake-secret": FAKE_SECRET } : {}, body: Buffer.from(JSON.stringify(payload)) }),
      close: async () => undefined,
    };
  },
  missing: { "unsupported kind": { why: "it takes text alone" } },
  payloads: [
    { name: "text", payload: captured("fake/text"), type: "message" },
    { name: "edited", payload: captured("fake/edited"), type: "edit" },
    { name: "own", payload: captured("fake/own"), type: "ignored", why: "own" },
  ],
});
