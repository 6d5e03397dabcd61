/** One call: what it takes, what it answers, how it is refused, and how it is made. */
import type { Content, Operation, Parameter, Schema } from "./document.ts";
import { SchemaView, typeOf } from "./schema.tsx";

const PLACES = { path: "in the path", query: "in the query", header: "header" } as const;

function Parameters({ all }: { all: Parameter[] }) {
  return (
    <ul class="fields">
      {all.map(({ name, in: place, required, description, schema }) => (
        <li key={`${place} ${name}`}>
          <div class="field"><code>{name}</code><span class="type">{typeOf(schema)}</span><span class="quiet">{PLACES[place]}{required ? "" : ", may be left out"}</span></div>
          {(description ?? schema.description) !== undefined && <p class="about">{description ?? schema.description}</p>}
        </li>
      ))}
    </ul>
  );
}

const first = (content: Content | undefined): [string, Schema | undefined] => { const [[type, { schema }] = ["", {} as { schema?: Schema }]] = Object.entries(content ?? {}); return [type, schema]; };
const isJson = (type: string): boolean => type === "application/json";

/** As a person would try it in a terminal. */
function exampleOf({ method, path, requestBody, security }: Operation): string {
  const [type, schema] = first(requestBody?.content);
  const required = isJson(type) ? (schema?.required ?? Object.keys(schema?.properties ?? {}).slice(0, 1)) : [];
  const body = Object.fromEntries(required.map((name) => [name, schema?.properties?.[name]?.type === "string" ? "…" : (schema?.properties?.[name]?.default ?? 0)]));
  const key = security.some((one) => "inboxKey" in one) ? "$INBOX_KEY" : "$TOKEN";
  return [
    `curl ${method === "GET" ? "" : `-X ${method} `}"$THREADLINE${path}"`, `-H "Authorization: Bearer ${key}"`,
    ...(isJson(type) ? ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(body)}'`] : type === "text/csv" ? ["-H 'Content-Type: text/csv'", "--data-binary @contacts.csv"] : type === "" ? [] : ["-F file=@picture.png"]),
  ].join(" \\\n  ");
}

export function OperationView({ one, open }: { one: Operation; open: boolean }) {
  const { method, path, summary, description, parameters = [], requestBody, responses, operationId } = one;
  const [sent, body] = first(requestBody?.content);
  const good = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  const refused = Object.entries(responses).filter(([status]) => !status.startsWith("2"));
  return (
    <details class="card operation" id={operationId} open={open}>
      <summary>
        <span class="method" data-method={method}>{method}</span>
        <code class="path">{path}</code>
        <span class="summary">{summary}</span>
      </summary>
      <div class="inside">
        {description !== undefined && <p class="about">{description.split("`").map((part, n) => (n % 2 === 1 ? <code key={part}>{part}</code> : part))}</p>}
        {parameters.length > 0 && <section><h3>Takes</h3><Parameters all={parameters} /></section>}
        {requestBody !== undefined && <section><h3>Body{isJson(sent) ? "" : ` (${sent})`}</h3>{body !== undefined && <SchemaView schema={body} />}</section>}
        {good.map(([status, { description: words, content }]) => {
          const [type, schema] = first(content);
          return <section key={status}><h3>Answers {status}</h3><p class="about">{words}{type === "" || isJson(type) ? "" : ` ${type === "*/*" ? "A file." : type}`}</p>{schema !== undefined && <SchemaView schema={schema} />}</section>;
        })}
        <section>
          <h3>Refuses</h3>
          <dl class="refusals">{refused.map(([status, { description: codes }]) => <div key={status}><dt>{status}</dt><dd>{codes.split(", ").map((code) => <code key={code}>{code}</code>)}</dd></div>)}</dl>
        </section>
        <section><h3>Try it</h3><pre tabIndex={0}><code>{exampleOf(one)}</code></pre></section>
      </div>
    </details>
  );
}
