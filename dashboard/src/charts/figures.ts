// The kinds of figure that pages use, from plain numbers. Each is a drawing and the table of what it draws, so that the numbers can be
// read, copied and heard, and what is drawn is what is said.

import * as format from "../format.ts";
import { axis, type Drawing, legend, tooltip } from "./canvas.ts";

/** A name among the theme's colours. */
export type Tone = "good" | "warning" | "critical" | "info";

export interface Table {
  columns: string[];
  rows: (string | number | null)[][];
}

export interface Figure {
  draw: Drawing;
  table: Table;
}

export interface Line {
  name: string;
  tone?: Tone;
  /** [ms since 1970, value] */
  points: [number, number | null][];
}

/** Lines, areas or bars over time. */
export function overTime(
  lines: Line[],
  unit: string,
  look: { kind?: "line" | "bar"; stacked?: boolean; brush?: boolean } = {},
): Figure {
  const times = [...new Set(lines.flatMap((line) => line.points.map(([at]) => at)))].sort((a, b) => a - b);
  const values = lines.map((line) => new Map(line.points));
  // A stack adds up only where every line has a value.
  const drawn = look.stacked
    ? values.map((line) => times.map((at) => [at, line.get(at) ?? 0]))
    : lines.map((line) => line.points);
  const kind = look.kind ?? "line";
  return {
    table: {
      columns: ["Time", ...lines.map((line) => line.name)],
      rows: times.map((at) => [format.time(new Date(at).toISOString()), ...values.map((line) => line.get(at) ?? null)]),
    },
    draw: (theme) => ({
      useUTC: true,
      tooltip: tooltip(theme, "axis"),
      grid: { left: 8, right: 16, top: lines.length > 1 ? 34 : 14, bottom: 4, containLabel: true },
      xAxis: axis(theme, { type: "time", splitLine: { show: false } }),
      yAxis: axis(theme, {
        type: "value",
        scale: kind === "line" && !look.stacked,
        name: unit,
        nameLocation: "end",
        nameGap: 8,
        nameTextStyle: { align: "left", color: theme.muted },
        axisLabel: { color: theme.muted, formatter: format.compactNumber },
        ...(lines.length > 1 ? { nameTextStyle: { fontSize: 0 } } : {}),
      }),
      ...(lines.length > 1 ? { legend: legend(theme) } : {}),
      ...(look.brush
        ? {
            toolbox: { show: false },
            brush: { xAxisIndex: 0, toolbox: [], throttleType: "debounce", throttleDelay: 200 },
          }
        : {}),
      series: lines.map((line, i) => ({
        type: kind,
        name: line.name,
        data: drawn[i],
        ...(line.tone ? { itemStyle: { color: theme[line.tone] } } : {}),
        showSymbol: (drawn[i]?.length ?? 0) < 3,
        lineStyle: { width: 1.5 },
        barMaxWidth: 24,
        ...(look.stacked ? { stack: "all", ...(kind === "line" ? { areaStyle: { opacity: 0.25 } } : {}) } : {}),
      })),
    }),
  };
}

export interface Amount {
  name: string;
  value: number | null;
  tone?: Tone;
}

/** One bar a name, longest names readable. */
export function bars(amounts: Amount[], title: string, look: { share?: boolean } = {}): Figure {
  const shown = [...amounts].reverse(); // the first on top
  return {
    table: { columns: ["Name", title], rows: amounts.map(({ name, value }) => [name, value]) },
    draw: (theme) => ({
      tooltip: tooltip(theme, "item"),
      grid: { left: 8, right: 48, top: 8, bottom: 4, containLabel: true },
      xAxis: axis(theme, {
        type: "value",
        ...(look.share ? { max: 1 } : {}),
        axisLabel: { color: theme.muted, hideOverlap: true, formatter: format.compactNumber },
      }),
      yAxis: axis(theme, {
        type: "category",
        data: shown.map(({ name }) => name),
        axisLabel: { color: theme.text, width: 170, overflow: "truncate" },
        splitLine: { show: false },
      }),
      series: [
        {
          type: "bar",
          name: title,
          barMaxWidth: 18,
          data: shown.map(({ value, tone }) => ({
            value,
            ...(tone ? { itemStyle: { color: theme[tone] } } : {}),
          })),
          label: {
            show: amounts.length <= 20,
            position: "right",
            color: theme.text,
            formatter: ({ value }: { value: number }) => format.compactNumber(value),
          },
        },
      ],
    }),
  };
}

export function pie(amounts: Amount[], title: string): Figure {
  return {
    table: { columns: ["Name", title], rows: amounts.map(({ name, value }) => [name, value]) },
    draw: (theme) => ({
      tooltip: tooltip(theme, "item"),
      legend: {
        ...legend(theme),
        orient: "vertical",
        bottom: 0,
        top: "auto",
        formatter: (name: string) => `${name}: ${format.number(amounts.find((each) => each.name === name)?.value)}`,
      },
      series: [
        {
          type: "pie",
          name: title,
          radius: ["40%", "70%"],
          center: ["50%", "40%"],
          label: { show: false },
          itemStyle: { borderColor: theme.surface, borderWidth: 2 },
          data: amounts.map(({ name, value, tone }) => ({
            name,
            value,
            ...(tone ? { itemStyle: { color: theme[tone] } } : {}),
          })),
        },
      ],
    }),
  };
}

export interface Spot {
  name: string;
  x: number;
  y: number;
  value: number;
  alarm: boolean;
}

/** A map without a map: what is where, coloured by a value; what has an alarm on top of all, ringed. */
export function map(spots: Spot[], title: string): Figure {
  const values = spots.map(({ value }) => value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const item = ({ name, x, y, value }: Spot) => ({ name, value: [x, y, value] });
  return {
    table: {
      columns: ["Sensor", "Longitude", "Latitude", title, "Alert"],
      rows: spots.map(({ name, x, y, value, alarm }) => [name, x, y, value, alarm ? "yes" : "no"]),
    },
    draw: (theme) => ({
      tooltip: {
        ...tooltip(theme, "item"),
        formatter: (at: { name: string; value: number[] }) => `${at.name}\n${title} ${format.number(at.value[2])}`,
      },
      grid: { left: 8, right: 8, top: 8, bottom: 40, containLabel: false },
      xAxis: { type: "value", scale: true, show: false },
      yAxis: { type: "value", scale: true, show: false },
      visualMap: {
        type: "continuous",
        min: low,
        max: high,
        dimension: 2,
        seriesIndex: 0,
        orient: "horizontal",
        left: "center",
        bottom: 0,
        itemWidth: 12,
        itemHeight: 120,
        precision: 1,
        text: [`${format.number(high)}`, `${title} ${format.number(low)}`],
        textStyle: { color: theme.muted },
        inRange: { color: ["#3b82f6", "#22c55e", "#eab308", "#f97316"] },
      },
      series: [
        { type: "scatter", symbolSize: 5, data: spots.filter(({ alarm }) => !alarm).map(item) },
        {
          type: "scatter",
          symbolSize: 11,
          itemStyle: { color: "transparent", borderColor: theme.critical, borderWidth: 2.5 },
          data: spots.filter(({ alarm }) => alarm).map(item),
        },
      ],
    }),
  };
}

export interface Link {
  from: string;
  to: string;
  amount: number;
  count: number;
}

/** Who pays whom, around one. */
export function graph(centre: string, links: Link[]): Figure {
  const names = [...new Set([centre, ...links.flatMap(({ from, to }) => [from, to])])];
  const most = Math.max(1, ...links.map(({ amount }) => amount));
  return {
    table: {
      columns: ["From", "To", "Amount", "Times"],
      rows: links.map(({ from, to, amount, count }) => [from, to, amount, count]),
    },
    draw: (theme) => ({
      tooltip: tooltip(theme, "item"),
      series: [
        {
          type: "graph",
          layout: "force",
          roam: true,
          force: { repulsion: 160, edgeLength: 80, layoutAnimation: false },
          edgeSymbol: ["none", "arrow"],
          edgeSymbolSize: 7,
          label: { show: names.length <= 30, position: "right", color: theme.text, fontSize: 11 },
          data: names.map((name) => ({
            name,
            symbolSize: name === centre ? 22 : 12,
            itemStyle: {
              color: name === centre ? theme.accent : name.startsWith("account") ? theme.info : theme.muted,
            },
          })),
          links: links.map(({ from, to, amount }) => ({
            source: from,
            target: to,
            value: amount,
            lineStyle: { color: theme.muted, width: 1 + (4 * amount) / most, curveness: 0.1 },
          })),
        },
      ],
    }),
  };
}

export interface Span {
  row: string;
  name: string;
  from: number;
  to: number;
  tone: "good" | "muted" | "info";
}
export interface Mark {
  row: string;
  name: string;
  at: number;
  tone: "good" | "critical";
}

/** Spans and marks on one time line, a row a kind. */
export function timeLine(rows: string[], spans: Span[], marks: Mark[]): Figure {
  return {
    table: {
      columns: ["Cause", "What", "From", "To"],
      rows: [
        ...spans.map(({ row, name, from, to }) => [
          row,
          name,
          new Date(from).toISOString(),
          new Date(to).toISOString(),
        ]),
        ...marks.map(({ row, name, at }) => [row, name, new Date(at).toISOString(), null]),
      ],
    },
    draw: (theme) => ({
      useUTC: true,
      tooltip: { ...tooltip(theme, "item"), formatter: (at: { name: string }) => at.name },
      grid: { left: 8, right: 16, top: 8, bottom: 4, containLabel: true },
      xAxis: axis(theme, { type: "time" }),
      yAxis: axis(theme, {
        type: "category",
        data: [...rows].reverse(),
        axisLabel: { color: theme.text, width: 170, overflow: "truncate" },
      }),
      series: [
        ...spans.map(({ row, name, from, to, tone }) => ({
          type: "line",
          name,
          symbol: "none",
          silent: false,
          lineStyle: { width: 9, opacity: 0.5, color: tone === "muted" ? theme.muted : theme[tone] },
          data: [
            { name, value: [from, row] },
            { name, value: [to, row] },
          ],
        })),
        {
          type: "scatter",
          symbol: "diamond",
          symbolSize: 9,
          z: 5,
          data: marks.map(({ row, name, at, tone }) => ({
            name,
            value: [at, row],
            itemStyle: { color: theme[tone] },
          })),
        },
      ],
    }),
  };
}
