/** How the settings file reads what belongs to each kind of channel and desk. */
import { z } from "zod";
import { vendorDesks } from "../bridge/registry.ts";
import { channelKinds } from "../channels/registry.ts";
import type { DeskSettingsKind, PlanDeps } from "../core/settings-file/plan.ts";

/** The playground has no vendor: every installation has the one, and knows people by their name. */
const playground: DeskSettingsKind = { settings: z.strictObject({}), read: () => ({ identity: "local" }), linkByName: true };

export const settingsKinds: Pick<PlanDeps, "channelKinds" | "deskKinds"> = { channelKinds, deskKinds: { playground, ...vendorDesks } };
