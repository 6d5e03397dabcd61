/** A page for a customer who followed a link, as text. It needs no script. */

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

export const page = (title: string, body: string): string => `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>${escaped(title)}</title><style>
:root{color-scheme:light dark;--ink:#1f2430;--soft:#667085;--line:#d5d9e2;--paper:#fff;--accent:#4f46e5}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ef;--soft:#98a1b3;--line:#3a4152;--paper:#171a21;--accent:#818cf8}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,sans-serif}main{max-width:480px;margin:48px auto;padding:0 16px}
h1{font-size:18px}fieldset{border:0;padding:0;margin:16px 0;display:flex;flex-wrap:wrap;gap:8px}legend{padding:0;margin-bottom:8px}
label.s{border:1px solid var(--line);border-radius:6px;padding:8px 12px}label.s:has(:checked){border-color:var(--accent);outline:2px solid var(--accent)}
textarea{box-sizing:border-box;width:100%;min-height:96px;border:1px solid var(--line);border-radius:6px;padding:8px;font:inherit;color:inherit;background:transparent}
button{margin-top:16px;border:0;border-radius:6px;padding:8px 16px;background:var(--accent);color:var(--paper);font:inherit}p.h{color:var(--soft)}
</style></head><body><main>${body}</main></body></html>`;

/** What such a page is served with. */
export const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "referrer-policy": "no-referrer", "x-content-type-options": "nosniff", "x-robots-tag": "noindex",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
};
