import type { FilterNode } from "../values/match.ts";
import type { RawDoc, RawValue } from "../values/raw.ts";
import type { Docs } from "./docs.ts";
import type { Names } from "./expressions/frame.ts";
import type { Pipeline } from "./pipeline.ts";

/** What a pipeline asks of a collection: the work of its first `$match`, `$sort`, `$skip` and `$limit`. */
export interface ReadSpec {
  readonly collection: string;
  readonly filter: FilterNode;
  readonly names: Names;
  readonly sort?: RawDoc | undefined;
  readonly skip: number;
  readonly limit: number;
  readonly hint?: unknown;
  /** The reader keeps nothing of a document beyond the next one. */
  readonly passing: boolean;
}

/** What stages need of the store around them. */
export interface World {
  read(spec: ReadSpec): Docs;
  /** Documents of `$collStats` or `$indexStats`. */
  describe(stage: "$collStats" | "$indexStats", collection: string, spec: RawDoc): Docs;
  /** Documents of `$currentOp` or `$listLocalSessions`. */
  server(stage: "$currentOp" | "$listLocalSessions"): Docs;
}

/** A compiled stage. */
export interface Stage {
  open(input: Docs, world: World): Docs;
  /** It keeps nothing of its input documents, and gives none of their bytes on. */
  readonly passing?: boolean;
}

/** Where a stage stands. */
export interface Place {
  /** The collection that the pipeline reads; undefined for `{aggregate: 1}`. */
  readonly collection: string | undefined;
  /** The stage whose pipeline it is in. */
  readonly inside: "$facet" | "$lookup" | "$unionWith" | undefined;
  compile(stages: readonly RawDoc[], names: Names, place: Omit<Place, "compile">): Pipeline;
}

export type CompileStage = (value: RawValue, names: Names, place: Place, name: string) => Stage;
