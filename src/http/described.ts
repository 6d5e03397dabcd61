/** A call as data: what is served and what is documented are the same. */
import type { z } from "zod";
import type { ErrorCode } from "../core/errors.ts";

/** A JSON body; nothing; a file; JSON texts line by line; server-sent events; a table. */
export type Answer = z.ZodType | "nothing" | "file" | "lines" | "events" | "csv";

export interface DescribedCall {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Under its prefix, with `:name` for a part that varies. */
  path: string;
  /** One line, imperative. */
  summary: string;
  query?: z.ZodType;
  body?: z.ZodType;
  /** The body is a form with one file in it, or a table as it is. */
  upload?: "form" | "csv";
  /** What each good status answers. */
  answers: Record<number, Answer>;
  /** Refusals besides those of every call. */
  codes: readonly ErrorCode[];
}
