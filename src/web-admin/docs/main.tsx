/** The page: fetches the document, lists its calls, and finds them by typing. */
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import "../../shared-ui/base.css";
import "./page.css";
import { chooseTheme, currentTheme, showTheme, type Theme } from "../../shared-ui/theme.ts";
import { readDocument, type Group, type Read } from "./document.ts";
import { OperationView } from "./operation.tsx";

const NEXT: Record<Theme, { next: Theme; words: string }> = { system: { next: "light", words: "As the system" }, light: { next: "dark", words: "Light" }, dark: { next: "system", words: "Dark" } };

function fitting(groups: Group[], typed: string): Group[] {
  const words = typed.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const fits = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  return groups.map((group) => ({ ...group, operations: group.operations.filter(({ method, path, summary }) => fits(`${group.name} ${method} ${path} ${summary}`)) })).filter(({ operations }) => operations.length > 0);
}

function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(currentTheme);
  const { next, words } = NEXT[theme];
  return <button type="button" class="theme" onClick={() => { chooseTheme(next); setTheme(next); }}>Theme: {words.toLowerCase()}</button>;
}

function Page() {
  const [read, setRead] = useState<Read | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const [asked, setAsked] = useState(location.hash.slice(1));
  const search = useRef<HTMLInputElement>(null);
  const load = () => { setFault(null); readDocument().then(setRead, (error: Error) => setFault(error.message)); };
  useEffect(() => {
    load();
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "/" && document.activeElement !== search.current) { event.preventDefault(); search.current?.focus(); }
      if (event.key === "Escape") setTyped("");
    };
    const onHash = () => setAsked(location.hash.slice(1));
    addEventListener("keydown", onKey);
    addEventListener("hashchange", onHash);
    return () => { removeEventListener("keydown", onKey); removeEventListener("hashchange", onHash); };
  }, []);
  useEffect(() => { if (read !== null && asked !== "") document.getElementById(asked)?.scrollIntoView(); }, [read, asked]);

  const groups = fitting(read?.groups ?? [], typed);
  return (
    <div class="frame">
      <nav class="side" aria-label="Calls">
        <p class="brand">Threadline <span>API</span></p>
        {groups.map(({ name, operations }) => (
          <div key={name}>
            <p class="side-title">{name}</p>
            {operations.map(({ operationId, method, path }) => <a key={operationId} href={`#${operationId}`}><span class="method" data-method={method}>{method}</span><span>{path.replace(/^\/(api|inbox)\/v1/, "")}</span></a>)}
          </div>
        ))}
      </nav>
      <main class="page">
        <header>
          <h1>{read?.info.title ?? "Threadline API"}</h1>
          <p>{read?.info.description ?? "The calls are being fetched."}</p>
          <div class="tools">
            <label class="tl-visually-hidden" for="search">Find a call</label>
            <input id="search" ref={search} type="search" placeholder="Find a call: contacts, merge, POST … ( / )" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
            <ThemeButton />
            <a href="/api/v1/openapi.json">OpenAPI document</a>
          </div>
        </header>
        {fault !== null && <div class="card empty" role="alert"><p>The calls could not be fetched: {fault} Is the server running?</p><button type="button" class="theme" onClick={load}>Try again</button></div>}
        {read === null && fault === null && Array.from({ length: 6 }, (_, n) => <div key={n} class="tl-skeleton waiting" />)}
        {read !== null && groups.length === 0 && <p class="card empty">No call fits “{typed}”. Take a word away.</p>}
        {groups.map(({ name, operations }) => (
          <section key={name} class="group" aria-labelledby={`group-${name}`}>
            <h2 id={`group-${name}`}>{name}</h2>
            {operations.map((one) => <OperationView key={one.operationId} one={one} open={asked === one.operationId} />)}
          </section>
        ))}
      </main>
    </div>
  );
}

showTheme();
render(<Page />, document.getElementById("root")!);
