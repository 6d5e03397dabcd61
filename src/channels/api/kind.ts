/** What an API inbox is: the key by which a bridge comes in, where replies go out, and the secrets of both ways. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { addressIn, isPublicAddress } from "../../core/model/public-address.ts";
import { createCaller } from "../shared/caller.ts";
import { createBuckets } from "../shared/rate.ts";
import type { ChannelKind } from "../shared/kind.ts";
import { createApiChannel } from "./adapter.ts";
import { SHOWN } from "./capabilities.ts";
import { KEY_SHAPE, NAME_SHAPE, nameOfKey } from "./ids.ts";

/** Apply makes a key: the fault says one that nobody else has. */
const madeKey = (name: unknown) => `${typeof name === "string" && NAME_SHAPE.test(name) ? name : "bridge"}.${randomBytes(24).toString("base64url")}`;

const Settings = z.strictObject({
  key: z.string({ error: () => `is missing: it is a name, a dot and a secret. Here is one, made just now by chance: ${madeKey("bridge")}` })
    .regex(KEY_SHAPE, { error: (issue) => `must be a name in small letters, a dot and a secret of at least 24 letters, digits, - or _. Here is one, made just now by chance: ${madeKey(issue.input)}` }),
  callbackUrl: z.url({ protocol: /^https?$/, error: "must be the address to which replies are posted, such as https://bridge.example.com/threadline" }).max(2_000),
  signingSecret: z.string({ error: "is missing: the bridge checks our calls with it. Make one with `openssl rand -base64 32`" }).min(24, "must have at least 24 characters; make one with `openssl rand -base64 32`").max(500),
  identitySecret: z.string().min(16, "must have at least 16 characters").max(500).optional(),
  identityRequired: z.boolean().default(false),
  allowPrivateAddress: z.boolean().default(false),
  shows: z.array(z.enum(SHOWN, { error: `must be a list of what the bridge shows beyond text and files: ${SHOWN.join(", ")}` })).max(SHOWN.length).default([]),
}).superRefine(({ callbackUrl, allowPrivateAddress, identityRequired, identitySecret }, context) => {
  const url = URL.canParse(callbackUrl) ? new URL(callbackUrl) : null;
  const fault = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  if (identityRequired && identitySecret === undefined) fault("identitySecret", "is missing: with identityRequired each contact comes with a hash made under it");
  if (url === null) return;
  if (url.username !== "" || url.password !== "") fault("callbackUrl", "must not hold a name or password: our calls are signed");
  if (allowPrivateAddress) return;
  const address = addressIn(url.hostname);
  if (address !== null && !isPublicAddress(address)) fault("callbackUrl", "leads into a private network; set allowPrivateAddress: true if the bridge runs there");
  else if (url.protocol === "http:") fault("callbackUrl", "must begin with https://; http is for a bridge in your own network, with allowPrivateAddress: true");
});
type Settings = z.infer<typeof Settings>;

export const apiConfig = z.object({ callbackUrl: z.string(), identityRequired: z.boolean(), allowPrivateAddress: z.boolean(), shows: z.array(z.enum(SHOWN)).default([]) });

/** Calls to one bridge; more wait their turn. */
const LIMITS = { bridge: { perSecond: 50, burst: 200 } };

export const apiKind: ChannelKind<Settings> = {
  id: "api",
  settings: Settings,
  read: ({ key, signingSecret, identitySecret, ...config }) => ({
    identity: nameOfKey(key), config, secrets: { key, signingSecret, ...(identitySecret === undefined ? {} : { identitySecret }) },
  }),
  create(inbox, deps) {
    const { callbackUrl, allowPrivateAddress, shows } = apiConfig.parse(inbox.config);
    return createApiChannel({
      inbox: { id: inbox._id, name: inbox.identity }, shows, signingSecret: deps.secret("signingSecret"), clock: deps.clock, log: deps.log, trouble: deps.trouble,
      caller: createCaller({ url: callbackUrl, allowPrivate: allowPrivateAddress, names: { who: "The bridge", setting: "callbackUrl" } }), buckets: createBuckets(deps.clock, LIMITS, deps.rateLimits),
      ...(deps.calls === undefined ? {} : { calls: deps.calls }),
    });
  },
};
