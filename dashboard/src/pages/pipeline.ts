// A page for any pipeline, made from its definition: for each window a chart for each aggregate, with a line for each group.

import { all, get } from "../api.ts";
import * as figures from "../charts/figures.ts";
import type { Alert, List, Pipeline, WindowDefinition, WindowResult } from "../documents.ts";
import { element } from "../dom.ts";
import { type Context, type Loading, Page } from "../page.ts";
import { entityLink, severity } from "../parts/alert_line.ts";
import { text } from "../parts/fields.ts";
import { FigurePanel, Panel } from "../parts/panel.ts";
import { Rows } from "../parts/rows.ts";
import { link } from "../place.ts";
import { parameters } from "../range.ts";
import { aggregate, fetchWindows, groupName, linesByGroup, numeric, seconds, total } from "../windows.ts";

const most_lines = 12;

export class PipelinePage extends Page {
  readonly title: string;
  private readonly name: string;
  private readonly head = new Panel("Definition", { columns: 12 });
  private readonly alerts = new Panel("Alerts", { columns: 12, tall: true });
  private readonly panels = new Map<string, FigurePanel>();
  private readonly rows = new Rows("Alerts", {
    Time: "time",
    Severity: "severity",
    Detector: "detector",
    Entity: "entity",
    Reason: "reason",
  });

  constructor(context: Context) {
    super(context);
    this.name = context.place.path[1] ?? "";
    this.title = this.name === "" ? "Pipelines" : this.name;
    this.alerts.root.classList.add("last"); // behind the charts, which come as they are known
    this.root.append(this.head.root);
    if (this.name !== "") this.filters.push(text("groups", "Groups whose name holds", "district-03"));
  }

  async load(loading: Loading): Promise<void> {
    const { items } = await get<List<Pipeline>>("/api/pipelines", {}, loading.signal);
    const pipeline = items.find(({ name }) => name === this.name);
    if (!pipeline) return this.choose(items);
    this.describe(pipeline);
    await Promise.all([
      ...pipeline.windows.map((window) => this.loadWindow(pipeline, window, loading)),
      this.loadAlerts(loading),
    ]);
  }

  private choose(pipelines: Pipeline[]): void {
    if (pipelines.length === 0) {
      this.head.say("no pipeline has run into this store");
      return;
    }
    this.head.show(
      element(
        "ul",
        { class: "choices" },
        ...pipelines.map(({ name, description }) =>
          element("li", {}, element("a", { href: link(["pipelines", name]) }, name), ` ${description}`),
        ),
      ),
    );
  }

  private describe({ description, source, key, windows, detect, rules }: Pipeline): void {
    this.head.show(
      element(
        "p",
        {},
        `${description} Reads ${source} by ${key}: ${windows.length} windows, ${detect.length} detectors, ${rules.length} rules.`,
      ),
    );
  }

  private async loadWindow(pipeline: Pipeline, window: WindowDefinition, loading: Loading): Promise<void> {
    const { groups = "" } = loading.place.query;
    const results = (await fetchWindows(pipeline.name, window, loading)).filter((of) =>
      groupName(of.group).includes(groups),
    );
    const title = `${window.name}${window.group_by.length > 0 ? ` by ${window.group_by.join(", ")}` : ""}`;
    this.panel(`${title}: events a second`).draw(
      figures.overTime([total("events", results, (of) => of.events / seconds(of))], "1/s"),
    );
    for (const [field, names] of Object.entries(window.aggregate))
      for (const name of names) this.panel(`${title}: ${name} of ${field}`).draw(chart(results, field, name));
  }

  private async loadAlerts({ range, signal }: Loading): Promise<void> {
    const alerts = await all<Alert>(
      "/api/alerts",
      { pipeline: this.name, ...parameters(range), sort: "-time" },
      300,
      signal,
    );
    if (!this.alerts.root.isConnected) this.root.append(this.alerts.root);
    this.alerts.show(
      this.rows.of(alerts, (column, value) => {
        if (column === "Entity") return entityLink(String(value));
        return column === "Severity" ? severity(String(value)) : undefined;
      }),
    );
  }

  private panel(title: string): FigurePanel {
    const found = this.panels.get(title);
    if (found) return found;
    const made = this.keep(new FigurePanel(title));
    this.panels.set(title, made);
    return made;
  }
}

/** What fits the aggregate: counts of values as bars, numbers as lines, other values as text over time. */
function chart(results: WindowResult[], field: string, name: string): figures.Figure {
  if (name === "top_10") return figures.bars(topOf(results, field), "Count, at least");
  if (name === "histogram") return figures.bars(histogramOf(results, field), "Count");
  const lines = linesByGroup(results, (of) => numeric(aggregate(of, field, name)));
  return figures.overTime(largest(lines), name);
}

/** The groups with the highest values; the rest would only hide them. */
function largest(lines: figures.Line[]): figures.Line[] {
  const height = ({ points }: figures.Line) =>
    Math.max(...points.map(([, value]) => value ?? Number.NEGATIVE_INFINITY));
  return lines.length <= most_lines ? lines : [...lines].sort((a, b) => height(b) - height(a)).slice(0, most_lines);
}

function topOf(results: WindowResult[], field: string): figures.Amount[] {
  const counts = new Map<string, number>();
  for (const each of results)
    for (const { value, count, error } of (aggregate(each, field, "top_10") ?? []) as {
      value: unknown;
      count: number;
      error: number;
    }[])
      counts.set(String(value), (counts.get(String(value)) ?? 0) + count - error);
  return [...counts]
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => b.value - a.value)
    .slice(0, 12);
}

function histogramOf(results: WindowResult[], field: string): figures.Amount[] {
  const of = results.map(
    (each) => aggregate(each, field, "histogram") as { bounds: number[]; counts: number[] } | undefined,
  );
  const bounds = of.find((each) => each !== undefined)?.bounds ?? [];
  return [...bounds.map((bound) => `below ${bound}`), `from ${bounds.at(-1) ?? 0}`].map((name, i) => ({
    name,
    value: of.reduce((sum, each) => sum + (each?.counts[i] ?? 0), 0),
  }));
}
