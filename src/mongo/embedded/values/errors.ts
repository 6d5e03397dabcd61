/** MongoDB's error codes that this store answers, by name. Source: mongodb.com/docs/manual/reference/error-codes/ */
export const CODES = {
  BadValue: 2,
  FailedToParse: 9,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidBSON: 22,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  NotSingleValueField: 54,
  EmptyFieldName: 56,
  ImmutableField: 66,
  CannotIndexParallelArrays: 171,
  NotImplemented: 238,
  BSONObjectTooLarge: 10334,
} as const;

export type CodeName = keyof typeof CODES;

/** An error as MongoDB answers it: `code` and `codeName` go on the wire, `message` becomes `errmsg`. */
export class StoreError extends Error {
  constructor(
    readonly code: number,
    readonly codeName: string,
    message: string,
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = "StoreError";
  }
}

/** An error with one of the named codes. */
export const storeError = (name: CodeName, message: string) => new StoreError(CODES[name], name, message);

/** An error whose code has no name of its own; MongoDB calls those `Location<code>`. */
export const locationError = (code: number, message: string) => new StoreError(code, `Location${code}`, message);

export const badValue = (message: string) => storeError("BadValue", message);
export const failedToParse = (message: string) => storeError("FailedToParse", message);
export const typeMismatch = (message: string) => storeError("TypeMismatch", message);
export const notImplemented = (message: string) => storeError("NotImplemented", message);
