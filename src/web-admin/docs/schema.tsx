/** A JSON schema in words: types, limits and what each field is, one line each. */
import type { Schema } from "./document.ts";

const DEEPEST = 6;

/** "text (date-time)", "list of numbers", "one of open, pending". */
export function typeOf(schema: Schema): string {
  const { type, format, items, anyOf, oneOf } = schema;
  const variants = anyOf ?? oneOf;
  if (variants !== undefined) return [...new Set(variants.map(typeOf))].join(" or ");
  if (Array.isArray(type)) return type.map((one) => typeOf({ ...schema, type: one })).join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.map(String).join(", ")}`;
  if (type === "array") return `list of ${items === undefined ? "values" : typeOf(items)}`;
  if (type === "string") return format === undefined ? "text" : `text (${format})`;
  if (type === "integer") return "whole number";
  if (type === "boolean") return "true or false";
  return type ?? (schema.$ref === undefined ? "any value" : schema.$ref.split("/").at(-1)!);
}

const isSmall = (value: number | undefined): value is number => value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;

function limitsOf({ minimum, maximum, minLength, maxLength, default: preset }: Schema): string {
  return [
    isSmall(minimum) || isSmall(maximum) ? `${isSmall(minimum) ? minimum : "…"} to ${isSmall(maximum) ? maximum : "…"}` : "",
    maxLength === undefined ? "" : `${minLength === undefined ? "at most" : `${minLength} to`} ${maxLength} characters`, preset === undefined ? "" : `${JSON.stringify(preset)} when left out`,
  ].filter((one) => one !== "").join(", ");
}

/** The objects inside: of a field, of a list's entries, of variants, of a record's values. */
function inside(schema: Schema): Schema[] {
  if (schema.properties !== undefined) return [schema];
  const parts = [...(schema.items === undefined ? [] : [schema.items]), ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [])];
  return parts.flatMap(inside);
}

export function SchemaView({ schema, depth = 0 }: { schema: Schema; depth?: number }) {
  const objects = inside(schema);
  if (objects.length === 0 || depth > DEEPEST) return depth === 0 ? <p class="type">{typeOf(schema)}</p> : null;
  return (
    <>
      {objects.map((object, n) => (
        <ul class="fields" key={n}>
          {Object.entries(object.properties ?? {}).map(([name, field]) => (
            <li key={name}>
              <div class="field"><code>{name}</code><span class="type">{typeOf(field)}</span>{object.required?.includes(name) !== true && <span class="quiet">may be left out</span>}</div>
              {(field.description !== undefined || limitsOf(field) !== "") && <p class="about">{[field.description, limitsOf(field)].filter((one) => one !== undefined && one !== "").join(" · ")}</p>}
              <SchemaView schema={field} depth={depth + 1} />
            </li>
          ))}
        </ul>
      ))}
    </>
  );
}
