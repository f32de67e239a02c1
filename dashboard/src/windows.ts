// Windows as pages draw them: asked for with the roll-up that fits the range, and turned into lines.

import { all } from "./api.ts";
import type { Line } from "./charts/figures.ts";
import type { Fields, Pipeline, WindowDefinition, WindowResult } from "./documents.ts";
import * as format from "./format.ts";
import type { Loading } from "./page.ts";
import { parameters, rollup } from "./range.ts";

const most_results = 20_000;

/** All windows of the range, oldest first; tumbling ones rolled up where they are too many to be seen. */
export function fetchWindows(
  pipeline: string,
  window: WindowDefinition,
  loading: Loading,
  more: { group?: string[]; rollup?: string } = {},
): Promise<WindowResult[]> {
  const fits = window.shape === "tumbling" ? (more.rollup ?? rollup(loading.range, window.size_ms)) : undefined;
  return all<WindowResult>(
    "/api/windows",
    {
      pipeline,
      window: window.name,
      ...parameters(loading.range),
      rollup: fits,
      sort: "start",
      ...(more.group ? { group: more.group } : {}),
    },
    most_results,
    loading.signal,
  );
}

/** The finest tumbling window: what rates are read from. */
export function finest(pipeline: Pipeline): WindowDefinition | undefined {
  return pipeline.windows.filter(({ shape }) => shape === "tumbling").sort((a, b) => a.size_ms - b.size_ms)[0];
}

export function definition(pipelines: Pipeline[], pipeline: string, window: string): WindowDefinition | undefined {
  return pipelines.find(({ name }) => name === pipeline)?.windows.find(({ name }) => name === window);
}

export function aggregate(of: WindowResult, field: string, name: string): unknown {
  const values = of[field];
  return values !== null && typeof values === "object" && !Array.isArray(values) ? values[name] : undefined;
}

export function groupName(group: Fields): string {
  const values = Object.values(group);
  return values.length === 0 ? "all" : values.map((each) => (each === null ? "none" : format.value(each))).join(" · ");
}

export function start(of: WindowResult): number {
  return Date.parse(of.start);
}

export function seconds(of: WindowResult): number {
  return (Date.parse(of.end) - start(of)) / 1000;
}

/** A line for each group, by name. */
export function linesByGroup(results: WindowResult[], value: (of: WindowResult) => number | null): Line[] {
  const lines = new Map<string, Line>();
  for (const each of results) {
    const name = groupName(each.group);
    const line = lines.get(name) ?? { name, points: [] };
    line.points.push([start(each), value(each)]);
    lines.set(name, line);
  }
  return [...lines.values()].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

export function numeric(x: unknown): number | null {
  return typeof x === "number" ? x : null;
}

/** The sum over all groups at each start. */
export function total(name: string, results: WindowResult[], value: (of: WindowResult) => number): Line {
  const sums = new Map<number, number>();
  for (const each of results) sums.set(start(each), (sums.get(start(each)) ?? 0) + value(each));
  return { name, points: [...sums].sort(([a], [b]) => a - b) };
}
