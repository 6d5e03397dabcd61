/** The one definition of order and equality: key bytes of values, and of documents in an index. */
export {
  boundKey, compareBytes, compareValues, encodeKey, equalValues, isInexactKey, KeyBuffer, MAX_KEY_BYTES, shortenKey, typeRank, valueKey, valueKeyText,
} from "./encode-key.ts";
export { compileIndexKeys, compileKeyValues, indexKeys, type IndexKeys, type KeyField } from "./index-keys.ts";
