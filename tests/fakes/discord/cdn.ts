/** Files by signed links that expire. Source: discord.com/developers/docs/reference#signed-attachment-cdn-urls */
import type { ServerResponse } from "node:http";
import { signatureOf } from "./show.ts";
import type { World } from "./world.ts";

export function serveFile(world: World, url: URL, response: ServerResponse): void {
  const file = world.files.get(url.pathname.split("/")[4] ?? ""), [ex, is, hm] = ["ex", "is", "hm"].map((name) => url.searchParams.get(name) ?? "");
  const live = file !== undefined && ex !== undefined && is !== undefined && signatureOf(file.id, ex, is) === hm && Number.parseInt(ex, 16) * 1000 > world.now();
  if (!live) { response.writeHead(404, { "content-type": "text/plain" }).end("This content is no longer available."); return; }
  response.writeHead(200, { "content-type": file.contentType, "content-length": file.content.length }).end(file.content);
}
