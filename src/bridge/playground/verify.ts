/** The gate of the playground: this machine alone, else an administrator. Refuses whatever it does not understand. */
import type { FastifyRequest } from "fastify";
import { UserError } from "../../core/errors.ts";

export interface PlaygroundGate {
  /** The port we listen on; used where the socket doesn't tell it. */
  port(): number;
  /** TRUST_PROXY is set: somebody stands between us and the peer. */
  trustProxy: boolean;
  /** False once a real desk is connected, unless set. */
  enabled(): Promise<boolean>;
  isAdministrator(request: FastifyRequest): Promise<boolean>;
}

/** Any of these says that the peer speaks for somebody else. */
const FORWARDING = /^(forwarded|via|x-forwarded(-.+)?|x-real-ip|x-client-ip|x-cluster-client-ip|x-original-(host|forwarded-for|url)|true-client-ip|cf-connecting-ip|fastly-client-ip|x-proxyuser-ip)$/;
const LOOPBACK_PEER = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/;
const LOOPBACK_HOST = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::(\d{1,5}))?$/i;
const READS = new Set(["GET", "HEAD"]);

/** Why a request is not plainly from this machine; null when it is. */
export function whyNotLocal(request: Pick<FastifyRequest, "headers" | "method"> & { peer: string | undefined; port: number; trustProxy: boolean; writesFiles: boolean }): string | null {
  const { headers } = request;
  if (request.trustProxy) return "TRUST_PROXY is set";
  if (request.peer === undefined || !LOOPBACK_PEER.test(request.peer)) return "it came from another machine";
  const forwarding = Object.keys(headers).find((name) => FORWARDING.test(name));
  if (forwarding !== undefined) return `it carries the header ${forwarding}`;
  const host = LOOPBACK_HOST.exec(headers.host ?? "");
  if (host === null || Number(host[1] ?? 80) !== request.port) return "its Host is not this server on this machine";
  if (headers.origin !== undefined && headers.origin.toLowerCase() !== `http://${headers.host!.toLowerCase()}`) return "it came from a page of another origin";
  const bare = request.method === "DELETE" && headers["content-type"] === undefined && headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
  if (!READS.has(request.method) && !bare) {
    const type = (headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
    if (type !== (request.writesFiles ? "multipart/form-data" : "application/json")) return `its content type is not ${request.writesFiles ? "multipart/form-data" : "application/json"}`;
  }
  return null;
}

/** A hook for every playground route. @throws {UserError} PLAYGROUND_CLOSED */
export function createGate(gate: PlaygroundGate, isFileUpload: (request: FastifyRequest) => boolean) {
  return async (request: FastifyRequest): Promise<void> => {
    if (!(await gate.enabled())) {
      throw new UserError("PLAYGROUND_CLOSED", "The playground is off because a real desk is connected. An administrator can switch it on in the settings.");
    }
    const why = whyNotLocal({
      headers: request.headers, method: request.method, peer: request.socket.remoteAddress, port: request.socket.localPort ?? gate.port(),
      trustProxy: gate.trustProxy, writesFiles: isFileUpload(request),
    });
    if (why === null || (await gate.isAdministrator(request))) return;
    throw new UserError("PLAYGROUND_CLOSED", `The playground answers this machine alone, and this request was refused: ${why}. Open it on the machine itself, or sign in as an administrator first.`);
  };
}
