/** Addresses under `/admin/`, without a page load. */
import { useEffect, useState } from "preact/hooks";

export const PAGES = ["overview", "desks", "inboxes", "agents", "health", "sessions"] as const;
export type PageName = (typeof PAGES)[number];

export const addressOf = (page: PageName): string => (page === "overview" ? "/admin/" : `/admin/${page}`);
const here = (): PageName | null => {
  const name = location.pathname.replace(/^\/admin\/?/, "").replace(/\/$/, "");
  return name === "" ? "overview" : (PAGES.find((page) => page === name) ?? null);
};

const heard = new Set<() => void>();
export function go(page: PageName): void {
  if (here() !== page) history.pushState(null, "", addressOf(page));
  for (const listener of heard) listener();
}

/** Null for an address that there is not. */
export function usePage(): PageName | null {
  const [page, setPage] = useState(here);
  useEffect(() => {
    const look = () => setPage(here());
    heard.add(look);
    addEventListener("popstate", look);
    return () => { heard.delete(look); removeEventListener("popstate", look); };
  }, []);
  return page;
}

/** For a link's click: ours are followed here, all else (a new tab, another button) is the browser's. */
export const follow = (page: PageName) => (event: MouseEvent): void => {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(page);
};
