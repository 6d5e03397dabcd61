/** How a number stands with Meta, in words. Source: developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers, …/messaging-limits */
import { z } from "zod";

export const NUMBER_FIELDS = "display_phone_number,verified_name,quality_rating,status,throughput,messaging_limit_tier,whatsapp_business_manager_messaging_limit";

const text = z.string().optional().catch(undefined);
const Facts = z.looseObject({
  display_phone_number: text, verified_name: text, quality_rating: text, status: text, messaging_limit_tier: text, whatsapp_business_manager_messaging_limit: text,
  throughput: z.looseObject({ level: text }).optional().catch(undefined),
});

const QUALITY = new Map(Object.entries({ GREEN: "quality high", YELLOW: "quality medium: some people block or report its messages", RED: "quality low: many people block or report its messages, Meta may slow it down or stop it" }));
const TIER = /^TIER_(\d+)(K?)$/;

/** "TIER_2K" → "2,000 customers a day". */
function tierOf(tier: string | undefined): string[] {
  if (tier === undefined) return [];
  const match = TIER.exec(tier);
  if (match !== null) return [`may begin conversations with ${(Number(match[1]) * (match[2] === "K" ? 1000 : 1)).toLocaleString("en")} customers a day`];
  return tier === "TIER_UNLIMITED" ? ["may begin conversations with any number of customers"] : [];
}

/** One line: number, quality, limit, speed. What Meta leaves out is left out. */
export function conditionOf(answer: unknown): string {
  const facts = Facts.parse(answer);
  return [
    [facts.display_phone_number, facts.verified_name === undefined ? undefined : `(${facts.verified_name})`].filter((part) => part !== undefined).join(" ") || "the number answers",
    ...(facts.status === undefined || facts.status === "CONNECTED" ? [] : [`status ${facts.status.toLowerCase().replaceAll("_", " ")}`]),
    QUALITY.get(facts.quality_rating ?? "") ?? "quality not rated yet",
    ...tierOf(facts.whatsapp_business_manager_messaging_limit ?? facts.messaging_limit_tier),
    ...(facts.throughput?.level === "HIGH" ? ["1,000 messages a second"] : []),
  ].join(" · ");
}
