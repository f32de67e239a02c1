// Numbers and times for people. Times are UTC, as in every document.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function number(x: number | null | undefined): string {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  return Number.isInteger(x) || Math.abs(x) >= 10_000 ? whole.format(x) : short.format(x);
}

export function compactNumber(x: number): string {
  return Math.abs(x) < 10_000 ? number(x) : compact.format(x);
}

export function share(x: number | null): string {
  return x === null ? "–" : `${short.format(x * 100)} %`;
}

/** `2026-01-05 08:00:11` of an ISO time. */
export function time(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}

/** `08:00:11`. */
export function clock(iso: string): string {
  return iso.slice(11, 19);
}

const decimals = new Intl.NumberFormat("en", { minimumFractionDigits: 2 });

/** Of an amount in hundredths, to the last of them. */
export function money(hundredths: number): string {
  return decimals.format(hundredths / 100);
}

export function duration(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 120) return `${number(Math.round(seconds))} s`;
  if (seconds < 7200) return `${number(Math.round(seconds / 60))} min`;
  return `${number(Math.round(seconds / 360) / 10)} h`;
}

const exact = new Intl.NumberFormat("en", { maximumSignificantDigits: 9 });

/** A value of a document in one line. */
export function value(x: unknown): string {
  if (typeof x === "number") return exact.format(x);
  if (x === null || x === undefined) return "–";
  return typeof x === "string" ? x : JSON.stringify(x);
}
