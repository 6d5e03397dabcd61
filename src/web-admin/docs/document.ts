/** What the page reads of an OpenAPI document. */
export interface Schema {
  type?: string | string[]; format?: string; description?: string; enum?: unknown[]; const?: unknown; default?: unknown; pattern?: string;
  minimum?: number; maximum?: number; minLength?: number; maxLength?: number;
  properties?: Record<string, Schema>; required?: string[]; additionalProperties?: Schema | boolean; items?: Schema; anyOf?: Schema[]; oneOf?: Schema[]; $ref?: string;
}
export interface Parameter { name: string; in: "path" | "query" | "header"; required: boolean; description?: string; schema: Schema }
export type Content = Record<string, { schema?: Schema }>;
export interface Described {
  operationId: string; summary: string; description?: string; tags: string[]; security: Record<string, unknown>[];
  parameters?: Parameter[]; requestBody?: { content: Content }; responses: Record<string, { description: string; content?: Content }>;
}
export interface Operation extends Described { method: string; path: string }
export interface Group { name: string; operations: Operation[] }
interface Document { info: { title: string; version: string; description: string }; tags: { name: string }[]; paths: Record<string, Record<string, Described>> }
export interface Read { info: Document["info"]; groups: Group[] }

/** Throws when the answer is not there or no document. */
export async function readDocument(): Promise<Read> {
  const answer = await fetch("/api/v1/openapi.json");
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  const { info, tags, paths } = (await answer.json()) as Document;
  const operations = Object.entries(paths).flatMap(([path, of]) => Object.entries(of).map(([method, one]): Operation => ({ ...one, path, method: method.toUpperCase() })));
  return { info, groups: tags.map(({ name }) => ({ name, operations: operations.filter((one) => one.tags.includes(name)) })).filter((group) => group.operations.length > 0) };
}
