import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../../shared-ui/icon.tsx";
import type { FormField, FormView } from "./api.ts";
import * as icons from "./icons.ts";
import { redeem } from "./sign-in.ts";
import { SHORTCUTS } from "./words.ts";

/** A modal window of the browser's own: it keeps the focus inside and closes with Esc. */
function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current!.showModal();
    dialog.current!.querySelector<HTMLElement>("input, textarea, select")?.focus();
  }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-label={title} onClose={close} onClick={(event) => { if (event.target === dialog.current) close(); }}>
      <div class="dialog-head"><h2>{title}</h2><button type="button" class="icon-button" aria-label="Close" onClick={close}><Icon svg={icons.close} /></button></div>
      {children}
    </dialog>
  );
}

function Field({ field, value, change, problem, check }: { field: FormField; value: string; change: (value: string) => void; problem: string | undefined; check: () => void }) {
  const shared = {
    id: `field-${field.name}`, name: field.name, value, "aria-invalid": problem !== undefined, "aria-describedby": `help-${field.name}`, onBlur: check,
    onInput: (event: { currentTarget: { value: string } }) => change(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={shared.id}>{field.label}{!field.required && <span class="quiet"> (optional)</span>}</label>
      {field.kind === "select"
        ? <select {...shared}>{!field.required && <option value="">None</option>}{(field.options ?? []).map((option) => <option key={option.value} value={option.value}>{option.label}</option>)}</select>
        : field.kind === "longtext" ? <textarea {...shared} rows={5} /> : <input {...shared} type="text" autocomplete="off" />}
      <small id={`help-${field.name}`} data-problem={problem !== undefined}>{problem ?? field.help}</small>
    </div>
  );
}

const firstValue = (field: FormField) => field.value ?? (field.kind === "select" && field.required ? (field.options?.[0]?.value ?? "") : "");

/** A form that a verb or button asked for. */
export function FormDialog({ form, submit, close }: { form: FormView; submit: (values: Record<string, string>) => Promise<string | null>; close: () => void }) {
  const [values, setValues] = useState(() => Object.fromEntries(form.fields.map((field) => [field.name, firstValue(field)])));
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [refusal, setRefusal] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const problemOf = (field: FormField) => (field.required && (values[field.name] ?? "").trim() === "" ? `${field.label} is needed.` : undefined);
  const check = (fields: FormField[]) => {
    const found = fields.flatMap((field) => { const problem = problemOf(field); return problem === undefined ? [] : [[field.name, problem] as const]; });
    setProblems({ ...Object.fromEntries(Object.entries(problems).filter(([name]) => !fields.some((field) => field.name === name))), ...Object.fromEntries(found) });
    return found.length === 0;
  };
  const send = async () => {
    if (!check(form.fields)) return;
    setBusy(true);
    setRefusal(await submit(values));
    setBusy(false);
  };
  return (
    <Dialog title={form.title} close={close}>
      <form onSubmit={(event) => { event.preventDefault(); void send(); }}>
        {form.fields.map((field) => <Field key={field.name} field={field} value={values[field.name] ?? ""} change={(value) => setValues({ ...values, [field.name]: value })} problem={problems[field.name]} check={() => check([field])} />)}
        {refusal !== null && <p class="form-refusal" role="alert">{refusal}</p>}
        <div class="buttons dialog-foot"><button type="button" class="button" onClick={close}>Cancel</button><button type="submit" class="button" data-main="true" disabled={busy}>{form.title.split(/[ :]/)[0]}</button></div>
      </form>
    </Dialog>
  );
}

export function ShortcutsDialog({ close }: { close: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" close={close}>
      <dl class="shortcuts">{SHORTCUTS.map(([keys, what]) => <div key={keys}><dt>{what}</dt><dd>{keys.split(" ").map((key) => (/^[/…]$/.test(key) && keys.length > 1 ? <span key={key} class="quiet">{key}</span> : <kbd key={key}>{key}</kbd>))}</dd></div>)}</dl>
    </Dialog>
  );
}

/** What the one-time link of the terminal opens; its button spends the link. */
export function SignInDialog({ token, close }: { token: string; close: () => void }) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const enter = async () => {
    setBusy(true);
    const refused = await redeem(token);
    // all that was refused to a stranger is asked for again
    if (refused === null) location.reload();
    setRefusal(refused);
    setBusy(false);
  };
  return (
    <Dialog title="Sign in as administrator" close={close}>
      <div class="dialog-text">
        <p>This link signs this browser in, once. The admin is then one click away, and the playground answers from other machines too.</p>
        {refusal !== null && <p class="form-refusal" role="alert">{refusal}</p>}
        <div class="buttons dialog-foot"><button type="button" class="button" onClick={close}>Not now</button><button type="button" class="button" data-main="true" disabled={busy || refusal !== null} onClick={() => void enter()}>Sign in</button></div>
      </div>
    </Dialog>
  );
}
