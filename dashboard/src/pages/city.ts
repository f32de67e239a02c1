// The city's air: by district over time, by sensor now, and the readings themselves.

import { all, get } from "../api.ts";
import * as figures from "../charts/figures.ts";
import type { Entity, Fields, List, Pipeline, RecordedEvent } from "../documents.ts";
import { type Context, type Loading, Page } from "../page.ts";
import { entityLink } from "../parts/alert_line.ts";
import { choice, text } from "../parts/fields.ts";
import { FigurePanel, Panel } from "../parts/panel.ts";
import { Rows } from "../parts/rows.ts";
import { adjust, link } from "../place.ts";
import { parameters } from "../range.ts";
import { aggregate, definition, fetchWindows, linesByGroup, numeric } from "../windows.ts";

const most_bars = 20;
const topic = "iot.readings";
/** Of outdoor air (ppm): a clean day has some 420. */
const bands: [string, number, "good" | "warning" | "critical"][] = [
  ["low (below 450)", 450, "good"],
  ["medium (450–550)", 550, "warning"],
  ["high (550 and more)", Number.POSITIVE_INFINITY, "critical"],
];

interface Reading {
  entity: string;
  time: string;
  message: Fields;
}

export class City extends Page {
  readonly title = "City";
  private readonly temperature: FigurePanel;
  private readonly humidity: FigurePanel;
  private readonly co2: FigurePanel;
  private readonly readings = new Panel("Latest readings", { columns: 12, tall: true });
  private readonly rows = new Rows("Latest readings", {
    Time: "time",
    Sensor: "entity",
    District: "message.district",
    "Temperature, °C": "message.temperature",
    "Humidity, %": "message.humidity",
    "CO2, ppm": "message.co2_level",
    "Light, lx": "message.light_intensity",
    "Battery, %": "message.battery",
  });

  constructor(context: Context) {
    super(context);
    this.temperature = this.keep(new FigurePanel("Mean temperature by district, °C", { columns: 12 }));
    this.humidity = this.keep(new FigurePanel("Mean humidity by sensor, %", { columns: 8, tall: true }));
    this.co2 = this.keep(new FigurePanel("Sensors by CO2", { columns: 4, tall: true }));
    this.root.append(this.readings.root);
    this.filters.push(
      text("district", "District", "district-03"),
      choice("by", "Filter by", [
        ["", "no field"],
        ["temperature", "Temperature"],
        ["humidity", "Humidity"],
        ["co2_level", "CO2"],
        ["battery", "Battery"],
      ]),
      text("above", "above"),
      text("below", "below"),
    );
    this.humidity.onClick((sensor) => {
      location.hash = link(["entities", sensor]);
    });
    this.temperature.onBrush((ends) => {
      if (ends) adjust({ last: "", from: new Date(ends[0]).toISOString(), to: new Date(ends[1]).toISOString() });
    });
  }

  async load(loading: Loading): Promise<void> {
    await Promise.all([this.loadTemperature(loading), this.loadSensors(loading)]);
  }

  private async loadTemperature(loading: Loading): Promise<void> {
    const pipelines = await get<List<Pipeline>>("/api/pipelines", {}, loading.signal);
    const window = definition(pipelines.items, "city-climate", "climate-1m");
    if (!window) return this.temperature.say("the pipeline city-climate has not run into this store");
    const { district } = loading.place.query;
    const results = await fetchWindows(
      "city-climate",
      window,
      loading,
      district ? { group: [`district=${district}`] } : {},
    );
    const lines = linesByGroup(results, (of) => numeric(aggregate(of, "temperature", "mean")));
    this.temperature.draw(figures.overTime(lines, "°C", { brush: true }));
  }

  private async loadSensors(loading: Loading): Promise<void> {
    const where = filter(loading.place.query);
    const sensors = await all<Entity>("/api/entities", { where: JSON.stringify(where) }, 20_000, loading.signal);
    if (sensors.length === 0) {
      for (const panel of [this.humidity, this.co2]) panel.say("no sensor matches");
    } else {
      this.co2.draw(figures.pie(byBand(sensors), "Sensors"));
    }
    const recorded = await recordedReadings(where, loading);
    const readings = recorded.length > 0 ? recorded : inRange(sensors, loading);
    if (sensors.length > 0)
      this.humidity.draw(figures.bars(meanHumidity(recorded.length > 0 ? recorded : sensors), "Humidity, %"));
    this.readings.show(
      this.rows.of(
        readings.map((each) => ({ ...each, sensor: each.entity })),
        (name, value) => (name === "Sensor" ? entityLink(String(value)) : undefined),
      ),
    );
  }
}

/** MongoDB's operators, as the URL's fields say. */
function filter(query: Record<string, string>): Record<string, unknown> {
  const where: Record<string, unknown> = { topic };
  if (query.district) where["message.district"] = query.district;
  if (query.by && (query.above || query.below))
    where[`message.${query.by}`] = {
      ...(query.above ? { $gt: Number(query.above) } : {}),
      ...(query.below ? { $lt: Number(query.below) } : {}),
    };
  return where;
}

/** Raw readings of the range, where the scenario records them. */
async function recordedReadings(where: Record<string, unknown>, { range, signal }: Loading): Promise<Reading[]> {
  const events = await all<RecordedEvent>(
    "/api/events",
    { ...parameters(range), sort: "-time", where: JSON.stringify(where) },
    2000,
    signal,
  );
  return events.flatMap(({ key, time, message }) => (message ? [{ entity: key, time, message }] : []));
}

/** Latest first. */
function inRange(sensors: Entity[], { range }: Loading): Reading[] {
  return sensors
    .filter(({ time }) => (!range.from || time >= range.from) && (!range.to || time < range.to))
    .sort((a, b) => b.time.localeCompare(a.time));
}

function byBand(sensors: Entity[]): figures.Amount[] {
  const counts = bands.map(([name, , tone]) => ({ name, value: 0, tone }));
  for (const { message } of sensors) {
    const level = message.co2_level;
    if (typeof level !== "number") continue;
    const band = counts[bands.findIndex(([, below]) => level < below)];
    if (band) band.value++;
  }
  return counts;
}

/** The dampest sensors. */
function meanHumidity(readings: Reading[]): figures.Amount[] {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { entity, message } of readings) {
    const { humidity } = message;
    if (typeof humidity !== "number") continue;
    const one = sums.get(entity) ?? { sum: 0, count: 0 };
    sums.set(entity, { sum: one.sum + humidity, count: one.count + 1 });
  }
  return [...sums]
    .map(([name, { sum, count }]) => ({ name, value: sum / count }))
    .sort((a, b) => b.value - a.value)
    .slice(0, most_bars);
}
