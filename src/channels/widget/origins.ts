/** Which sites may show a widget and call it from their own pages. */

const RULE = /^(\*|https?:\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?)$/i;

/** `*`, `https://example.com`, `https://*.example.com`, each with an optional port. */
export const isOriginRule = (rule: string): boolean => RULE.test(rule);

export function originAllowed(rules: string[], origin: string): boolean {
  const asked = origin.toLowerCase();
  return rules.some((rule) => {
    if (rule === "*") return true;
    const [scheme, rest] = rule.toLowerCase().split("://");
    if (rest === undefined || !rest.startsWith("*.")) return rule.toLowerCase() === asked;
    return asked.startsWith(`${scheme}://`) && asked.endsWith(rest.slice(1)) && asked.length > `${scheme}://`.length + rest.length - 1;
  });
}

/** True for pages that we serve ourselves: the frame. `host` is the request's own, behind a trusted proxy the forwarded one. */
export function isOwnOrigin(origin: string, host: string): boolean {
  try { return new URL(origin).host === host.toLowerCase(); } catch { return false; }
}

/** The `frame-ancestors` of a Content-Security-Policy. */
export const frameAncestors = (rules: string[]): string => (rules.includes("*") ? "*" : ["'self'", ...rules.filter(isOriginRule)].join(" "));
