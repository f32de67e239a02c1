// Dark or light: the system's choice, or the user's, which this browser keeps. Charts take their colours from here, since a canvas has
// no style sheet.

export interface Colors {
  text: string;
  muted: string;
  line: string;
  surface: string;
  accent: string;
  good: string;
  warning: string;
  critical: string;
  info: string;
  series: string[];
}

type Choice = "dark" | "light";
const key = "throng.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function kept(): Choice | undefined {
  try {
    const choice = localStorage.getItem(key);
    return choice === "dark" || choice === "light" ? choice : undefined;
  } catch {
    return undefined; // storage is closed to this page
  }
}

export function current(): Choice {
  return kept() ?? (dark.matches ? "dark" : "light");
}

function apply(): void {
  document.documentElement.dataset.theme = current();
  for (const listener of listeners) listener();
}

export function start(): void {
  dark.addEventListener("change", apply);
  apply();
}

export function toggle(): void {
  try {
    localStorage.setItem(key, current() === "dark" ? "light" : "dark");
  } catch {
    return;
  }
  apply();
}

/** @returns what ends it */
export function onChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function colors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: of("text"),
    muted: of("muted"),
    line: of("line"),
    surface: of("surface"),
    accent: of("accent"),
    good: of("good"),
    warning: of("warning"),
    critical: of("critical"),
    info: of("info"),
    series: Array.from({ length: 10 }, (_, i) => of(`series-${i}`)),
  };
}
