/** Looks at a WhatsApp inbox from outside, for `threadline doctor`: token, number, templates, and where Meta has to call. Changes nothing. */
import { DeliveryError } from "../../core/errors.ts";
import { createGraphApi } from "./api.ts";
import { conditionOf, NUMBER_FIELDS } from "./condition.ts";
import { fetchTemplates } from "./templates.ts";

interface Check { state: "ok" | "warn" | "fail"; text: string }
const ASK_MS = 10_000;
const words = (error: unknown): string => (error instanceof DeliveryError ? error.tellAgent : "Its answer can't be read.");

export async function checkWhatsApp({ config, accessToken, publicUrl }: { config: Record<string, unknown>; accessToken: string; publicUrl: string | null }): Promise<Check[]> {
  const { phoneNumberId, wabaId, apiUrl } = config as { phoneNumberId: string; wabaId: string; apiUrl: string };
  const api = createGraphApi({ accessToken, apiUrl });
  const number = await api.call("number", "GET", `${phoneNumberId}?fields=${NUMBER_FIELDS}`, undefined, AbortSignal.timeout(ASK_MS))
    .then((answer): Check => { const text = conditionOf(answer); return { state: /quality low|status /.test(text) ? "warn" : "ok", text: `the number works: ${text}` }; }, (error: unknown): Check => ({ state: "fail", text: `WhatsApp does not answer for this number. ${words(error)}` }));
  const templates = await fetchTemplates(api, wabaId, AbortSignal.timeout(ASK_MS))
    .then((list): Check => (list.length > 0 ? { state: "ok", text: `${list.length} approved ${list.length === 1 ? "template" : "templates"} for /template` } : { state: "warn", text: "no approved template that /template can send, so a customer who wrote more than 24 hours ago can't be reached. Make one in business.facebook.com, WhatsApp Manager, Message templates." }),
      (error: unknown): Check => ({ state: "warn", text: `the templates can't be read; the token needs whatsapp_business_management and wabaId must be the account's. ${words(error)}` }));
  const hook: Check = publicUrl === null
    ? { state: "fail", text: "PUBLIC_URL is not set, so Meta can't call us and nothing comes in. Set it to where the world reaches this server by https." }
    : { state: "ok", text: `Meta has to call ${publicUrl}/hooks/whatsapp/${phoneNumberId} (developers.facebook.com, your app, WhatsApp, Configuration, Webhook: this address, the inbox's verifyToken, field "messages")` };
  return [number, templates, hook];
}
