/** A provider's token endpoint: changes a refresh token for access tokens, and fails as it is told. Written from RFC 6749 §6. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";

export class FakeTokenServer {
  /** The refresh tokens that are taken. */
  refreshTokens = new Set(["refresh-1"]);
  /** Given with the next access token in place of the one that was used, which is not taken any more. */
  rotateTo: string | null = null;
  expiresIn = 3_600;
  away = false;
  readonly asked: URLSearchParams[] = [];
  /** Access tokens given so far, shared with the mail servers. */
  readonly given = new Set<string>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (part: string) => { body += part; }).on("end", () => {
        const say = (status: number, answer: object) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
        const form = new URLSearchParams(body), refresh = form.get("refresh_token") ?? "";
        this.asked.push(form);
        if (this.away) return say(503, {});
        if (!this.refreshTokens.has(refresh) || form.get("grant_type") !== "refresh_token") return say(400, { error: "invalid_grant", error_description: "Token has been revoked." });
        const token = `access-${this.asked.length}`;
        this.given.add(token);
        const { rotateTo } = this;
        if (rotateTo !== null) { this.refreshTokens.delete(refresh); this.refreshTokens.add(rotateTo); this.rotateTo = null; }
        say(200, { access_token: token, token_type: "Bearer", expires_in: this.expiresIn, ...(rotateTo === null ? {} : { refresh_token: rotateTo }) });
      });
    });
  }
  static async start(): Promise<FakeTokenServer> {
    const fake = new FakeTokenServer();
    fake.server.listen(0, "127.0.0.1");
    await once(fake.server, "listening");
    return fake;
  }
  get url(): string { return `http://127.0.0.1:${(this.server.address() as { port: number }).port}/token`; }
  async close(): Promise<void> { this.server.closeAllConnections(); await new Promise<void>((done) => { this.server.close(() => done()); }); }
}
