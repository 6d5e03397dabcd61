/** Every call of `/inbox/v1`, in the order of the documentation. */
import type { ApiCall } from "./call.ts";
import { contactCalls } from "./calls-contacts.ts";
import { deliveryCalls } from "./calls-deliveries.ts";
import { fileCalls } from "./calls-files.ts";
import { messageCalls } from "./calls-messages.ts";

export const apiCalls: ApiCall[] = [...contactCalls, ...messageCalls, ...fileCalls, ...deliveryCalls];
/** Where they are served. */
export const API_PREFIX = "/inbox/v1";
