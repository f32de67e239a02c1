// The city at a glance: what flows, what was found, and where.

import { all, get } from "../api.ts";
import * as figures from "../charts/figures.ts";
import type { Alert, Entity, List, Pipeline, Run } from "../documents.ts";
import { element } from "../dom.ts";
import * as format from "../format.ts";
import { type Context, type Loading, Page } from "../page.ts";
import { alertLine, partOf } from "../parts/alert_line.ts";
import { choice } from "../parts/fields.ts";
import { FigurePanel, Panel } from "../parts/panel.ts";
import { Tiles } from "../parts/tiles.ts";
import { link } from "../place.ts";
import { parameters } from "../range.ts";
import { fetchWindows, finest, seconds, total } from "../windows.ts";

const most_alerts = 5000;
const most_lines = 30;
const most_sensors = 20_000;
const measures: [string, string][] = [
  ["temperature", "Temperature, °C"],
  ["humidity", "Humidity, %"],
  ["co2_level", "CO2, ppm"],
  ["light_intensity", "Light, lx"],
  ["battery", "Battery, %"],
];

export class Overview extends Page {
  readonly title = "Overview";
  private readonly tiles = new Tiles();
  private readonly events: FigurePanel;
  private readonly alerts: FigurePanel;
  private readonly city: FigurePanel;
  private readonly ticker = new Panel("Latest alerts", { tall: true });
  private readonly lines = element("div", { class: "ticker", role: "log", "aria-label": "Alerts as they come" });

  private events_so_far: number | undefined;

  constructor(context: Context) {
    super(context);
    this.root.append(this.tiles.root);
    this.events = this.keep(new FigurePanel("Events a second by topic"));
    this.alerts = this.keep(new FigurePanel("Alerts a minute by severity"));
    this.city = this.keep(new FigurePanel("The city's sensors", { tall: true }));
    this.root.append(this.ticker.root);
    this.ticker.addTool(element("a", { href: link(["alerts"]) }, "All alerts"));
    this.filters.push(choice("measure", "Map shows", measures));
    this.city.onClick((sensor) => {
      location.hash = link(["entities", sensor]);
    });
    this.untilLeft(context.stream.on("alert", (alert) => this.tick(alert)));
    this.untilLeft(
      context.stream.on("rates", (rates) => {
        this.tiles.set("Alerts a second, now", format.number(rates.alerts / rates.seconds));
        this.tiles.set("Windows a second, now", format.number(rates.windows / rates.seconds));
        if (typeof rates.lag === "number") this.tiles.set("Consumer lag", format.number(rates.lag));
        if (typeof rates.restarts === "number") this.tiles.set("Restarts", format.number(rates.restarts));
        if (typeof rates.events === "number") {
          const before = this.events_so_far ?? rates.events;
          this.tiles.set("Events a second, now", format.number(Math.round((rates.events - before) / rates.seconds)));
          this.events_so_far = rates.events;
        }
      }),
    );
  }

  async load(loading: Loading): Promise<void> {
    const [pipelines] = await Promise.all([
      get<List<Pipeline>>("/api/pipelines", {}, loading.signal),
      this.loadRuns(loading),
      this.loadAlerts(loading),
      this.loadCity(loading),
    ]);
    await this.loadEvents(pipelines.items, loading);
  }

  private async loadRuns(loading: Loading): Promise<void> {
    const runs = await get<List<Run>>("/api/runs", { sort: "-ended", limit: 1 }, loading.signal);
    const [last] = runs.items;
    if (!last) return;
    const of = (name: string) => (typeof last[name] === "number" ? (last[name] as number) : undefined);
    this.tiles.set("Last run: events", format.number(of("events") ?? of("consumed")));
    this.tiles.set("Last run: events a second", format.number(Math.round(of("events_per_second") ?? 0)));
    this.tiles.set("Last run: restarts", format.number(of("restarts")), of("restarts") ? "warning" : undefined);
    const lost = of("lost");
    if (lost !== undefined) this.tiles.set("Last run: lost", format.number(lost), lost === 0 ? undefined : "critical");
  }

  private async loadEvents(pipelines: Pipeline[], loading: Loading): Promise<void> {
    const sources = new Map<string, Pipeline>();
    for (const pipeline of pipelines) if (!sources.has(pipeline.source)) sources.set(pipeline.source, pipeline);
    const lines = await Promise.all(
      [...sources].map(async ([topic, pipeline]) => {
        const window = finest(pipeline);
        if (!window) return undefined;
        const results = await fetchWindows(pipeline.name, window, loading);
        return total(topic, results, (of) => of.events / seconds(of));
      }),
    );
    this.events.draw(
      figures.overTime(lines.filter((line) => line !== undefined && line.points.length > 0) as figures.Line[], "1/s"),
    );
  }

  private async loadAlerts(loading: Loading): Promise<void> {
    const alerts = await all<Alert>(
      "/api/alerts",
      { ...parameters(loading.range), sort: "-time" },
      most_alerts,
      loading.signal,
    );
    this.tiles.set("Alerts in range", `${format.number(alerts.length)}${alerts.length === most_alerts ? "+" : ""}`);
    this.alerts.showsOnly(partOf(alerts, most_alerts, "newest"));
    this.alerts.draw(figures.overTime(perMinute(alerts), "1/min", { kind: "bar", stacked: true }));
    this.lines.replaceChildren(...alerts.slice(0, most_lines).map(alertLine));
    if (alerts.length === 0) this.ticker.say("no alert in this time range");
    else this.ticker.show(this.lines);
  }

  private async loadCity({ place, range, signal }: Loading): Promise<void> {
    const measure = place.query.measure || "temperature";
    const [sensors, alerts] = await Promise.all([
      all<Entity>("/api/entities", { where: '{"topic":"iot.readings"}' }, most_sensors, signal),
      all<Alert>("/api/alerts", { pipeline: "city-climate", ...parameters(range), sort: "-time" }, 2000, signal),
    ]);
    const alarmed = new Set(alerts.map(({ entity }) => entity));
    const spots = sensors.flatMap(({ entity, message }) => {
      const { lon, lat, [measure]: value } = message;
      return typeof lon === "number" && typeof lat === "number" && typeof value === "number"
        ? [{ name: entity, x: lon, y: lat, value, alarm: alarmed.has(entity) }]
        : [];
    });
    if (spots.length === 0) this.city.say("no sensor has said yet where it is");
    else this.city.draw(figures.map(spots, measures.find(([name]) => name === measure)?.[1] ?? measure));
  }

  private tick(alert: Alert): void {
    if (!this.lines.isConnected) this.ticker.show(this.lines);
    const line = alertLine(alert);
    line.classList.add("new");
    this.lines.prepend(line);
    while (this.lines.childElementCount > most_lines) this.lines.lastElementChild?.remove();
  }
}

function perMinute(alerts: Alert[]): figures.Line[] {
  const minute = 60_000;
  return (["critical", "warning", "info"] as const).flatMap((severity) => {
    const counts = new Map<number, number>();
    for (const alert of alerts) {
      if (alert.severity !== severity) continue;
      const at = Math.floor(Date.parse(alert.time) / minute) * minute;
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    return counts.size === 0 ? [] : [{ name: severity, tone: severity, points: [...counts].sort(([a], [b]) => a - b) }];
  });
}
