// The time range of the URL, in event time. `last` counts back from the newest event in the store, not from the wall clock: a simulated
// January is as present as today.

import { get } from "./api.ts";
import type { Alert, Entity, List, WindowResult } from "./documents.ts";
import type { Place } from "./place.ts";

export const choices: Record<string, number> = {
  "15m": 900_000,
  "1h": 3_600_000,
  "2h": 7_200_000,
  "6h": 21_600_000,
  "24h": 86_400_000,
  "7d": 604_800_000,
};

export interface Range {
  /** ISO 8601; absent: open. */
  from?: string;
  to?: string;
  /** Between them, as far as it is known. */
  milliseconds: number;
}

const usual = "2h";

export function chosen(place: Place): string {
  if (place.query.from || place.query.to) return "custom";
  const last = place.query.last ?? usual;
  return last === "all" || last in choices ? last : usual;
}

/** The newest event time that the store tells of without reading it all; none: it is empty. */
export async function newest(signal?: AbortSignal): Promise<number | undefined> {
  const one = { sort: "-time", limit: 1 };
  const [entities, alerts] = await Promise.all([
    get<List<Entity>>("/api/entities", one, signal),
    get<List<Alert>>("/api/alerts", one, signal),
  ]);
  let found = [...entities.items, ...alerts.items].map((each) => Date.parse(each.time));
  if (entities.items.length === 0) {
    // After `throng analyze` alone nobody records entities: then the windows know.
    const windows = await get<List<WindowResult>>("/api/windows", { sort: "-start", limit: 1 }, signal);
    found = found.concat(windows.items.map((each) => Date.parse(each.end)));
  }
  return found.length === 0 ? undefined : Math.max(...found);
}

export async function resolve(place: Place, signal?: AbortSignal): Promise<Range> {
  const choice = chosen(place);
  if (choice === "all") return { milliseconds: Number.POSITIVE_INFINITY };
  const at = await newest(signal);
  if (choice !== "custom") {
    const milliseconds = choices[choice] ?? 0;
    return at === undefined ? { milliseconds } : { from: new Date(at - milliseconds).toISOString(), milliseconds };
  }
  const { from, to } = place.query;
  const ends = to ? Date.parse(to) : (at ?? Date.now());
  const begins = from ? Date.parse(from) : ends - (choices[usual] ?? 0);
  return { ...(from ? { from } : {}), ...(to ? { to } : {}), milliseconds: Math.max(0, ends - begins) };
}

export function parameters(range: Range): Record<string, string> {
  return { ...(range.from ? { from: range.from } : {}), ...(range.to ? { to: range.to } : {}) };
}

/** A roll-up of windows of `size` ms that leaves at most some 240 points over the range; none where they are few already. */
export function rollup(range: Range, size: number, most = 240): string | undefined {
  const span = Number.isFinite(range.milliseconds) ? range.milliseconds : (choices["24h"] ?? 0);
  const times = Math.ceil(span / size / most);
  return times <= 1 ? undefined : `${(times * size) / 1000}s`;
}
