/** Somebody else's site with the widget on it: another origin, one page, strict about what it may load. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Site { url: string; close(): Promise<void> }

/** `from` is where the loader comes from; the page allows scripts and frames of that origin alone. */
export async function serveSite(from: string): Promise<Site> {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A quiet blog</title></head>
<body><main><h1>A quiet blog</h1><p><a href="#first">A first link</a></p></main>
<script async src="${from}/widget/loader.js" data-inbox-key="demo"></script></body></html>`;
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": `default-src 'none'; script-src ${from}; frame-src ${from}; style-src 'none'; img-src data:` });
    response.end(html);
  });
  await new Promise<void>((done) => { server.listen(0, "127.0.0.1", done); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((done) => { server.close(() => done()); server.closeAllConnections(); }),
  };
}
