/** Whatever was thrown while a request was served, as the one kind of error that leaves the server. */
import { z } from "zod";
import { UserError } from "./core/errors.ts";

interface Thrown { code?: unknown; name?: unknown; statusCode?: unknown; message?: unknown; validation?: { instancePath: string; message?: string }[]; validationContext?: string }

const words = {
  json: "The body is not valid JSON. Send one JSON value with `content-type: application/json`.",
  large: "The body is larger than this address takes. Send less, or send files one at a time.",
  type: "This address does not take that kind of content. Send JSON with `content-type: application/json` (files as multipart/form-data).",
  request: "The request can't be read as it is. Check its address, headers and body.",
  internal: "Something went wrong on our side; nothing is known to be lost. Try again; if it stays, look at the server's log.",
  store: "The store does not answer at the moment. Try again in a few seconds.",
  form: "The form is cut off or malformed. Send the file again.",
  full: "The disk is full, so nothing can be stored. Free some space; Threadline goes on by itself.",
};

const STORE_ERRORS = new Set(["MongoServerSelectionError", "MongoNetworkError", "MongoNetworkTimeoutError", "MongoPoolClearedError", "MongoNotConnectedError", "MongoTopologyClosedError"]);
/** The multipart parser's own words (it gives no code) for a form that ends in the middle. */
const CUT_OFF_FORM = /^(Part terminated early|Unexpected end of (multipart data|form))/;
/** MongoDB's OutOfDiskSpace. */
const OUT_OF_DISK = 14_031;

const bodyFaults = (error: z.ZodError) => error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));

/** Never shows what an unknown error says: its text may hold what nobody outside should read. */
export function toUserError(error: unknown): UserError {
  if (error instanceof UserError) return error;
  if (error instanceof z.ZodError) return new UserError("BAD_BODY", "Some fields are not as they should be; see `errors`.", bodyFaults(error));
  const thrown = (typeof error === "object" && error !== null ? error : {}) as Thrown;
  const code = String(thrown.code ?? "");
  const status = typeof thrown.statusCode === "number" ? thrown.statusCode : 500;
  if (Array.isArray(thrown.validation)) {
    const faults = thrown.validation.map((fault) => ({ path: fault.instancePath.replace(/^\//, "").replaceAll("/", "."), message: fault.message ?? "is not valid" }));
    return new UserError(thrown.validationContext === "querystring" ? "BAD_QUERY" : "BAD_BODY", "Some fields are not as they should be; see `errors`.", faults);
  }
  if (code === "FST_ERR_CTP_INVALID_JSON_BODY" || code === "FST_ERR_CTP_EMPTY_JSON_BODY" || (error instanceof SyntaxError && status === 400)) return new UserError("BAD_JSON", words.json);
  if (status === 413) return new UserError(code === "FST_REQ_FILE_TOO_LARGE" ? "FILE_TOO_LARGE" : "BODY_TOO_LARGE", words.large);
  if (status === 415 || status === 406) return new UserError("WRONG_TYPE", words.type);
  if (status >= 400 && status < 500) return new UserError(status === 404 ? "NOT_FOUND" : "BAD_BODY", words.request);
  if (CUT_OFF_FORM.test(String(thrown.message))) return new UserError("BAD_BODY", words.form);
  if (thrown.code === OUT_OF_DISK) return new UserError("DISK_FULL", words.full);
  if (STORE_ERRORS.has(String(thrown.name))) return new UserError("NOT_READY", words.store);
  return new UserError("INTERNAL", words.internal);
}
