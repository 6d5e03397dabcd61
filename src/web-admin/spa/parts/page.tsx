import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../../shared-ui/icon.tsx";
import * as icons from "../icons.ts";
import type { Shown } from "../live.ts";

/** Title, one line about it, and its acts. The title takes the focus, so that a reader hears where they are. */
export function Page({ title, about, acts, children }: { title: string; about: string; acts?: ComponentChildren; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Threadline`;
    if (document.activeElement !== document.body) heading.current!.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [title]);
  return (
    <>
      <header class="page-head"><div><h1 ref={heading} tabIndex={-1}>{title}</h1><p>{about}</p></div>{acts}</header>
      {children}
    </>
  );
}

/** What there is, else its skeleton or why it can't be had; what was known stays while the server is away. */
export function Loaded<T>({ shown, skeleton, children }: { shown: Shown<T>; skeleton: ComponentChildren; children: (value: T) => ComponentChildren }) {
  const { value, error, again } = shown;
  return (
    <>
      {error !== null && (
        <div class="note" data-level="fail" role="alert">
          <Icon svg={icons.warn} /><div><b>{value === null ? "This can’t be shown" : "This may be out of date"}</b><p>{error}</p></div>
          <button type="button" class="button" onClick={again}>Try again</button>
        </div>
      )}
      {value !== null ? children(value) : error === null && <div aria-busy="true"><span class="tl-visually-hidden">Loading</span>{skeleton}</div>}
    </>
  );
}

export const Skeleton = ({ rows, tall = false }: { rows: number; tall?: boolean }) => <div class="skeletons" data-tall={tall}>{Array.from({ length: rows }, (_, i) => <span key={i} class="tl-skeleton" />)}</div>;

export function Empty({ icon, title, children }: { icon: string; title: string; children: ComponentChildren }) {
  return <div class="empty"><Icon svg={icon} large /><b>{title}</b><p>{children}</p></div>;
}
