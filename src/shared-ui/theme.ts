/** Light, dark, or as the system has it; remembered for all our pages, and followed by those that are open. */
export type Theme = "system" | "light" | "dark";
const KEY = "threadline.theme";

export function currentTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

export function showTheme(theme: Theme = currentTheme()): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

export function chooseTheme(theme: Theme): void {
  try { localStorage.setItem(KEY, theme); } catch { /* it lasts until the page is closed, then */ }
  showTheme(theme);
}

addEventListener("storage", (event) => { if (event.key === KEY) showTheme(); });
