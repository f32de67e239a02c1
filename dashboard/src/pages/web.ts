// The shop's site: load, response times, pages, countries, sessions and how far they get.

import { all, get } from "../api.ts";
import * as figures from "../charts/figures.ts";
import type { List, Pipeline, RecordedEvent, WindowResult } from "../documents.ts";
import { type Context, type Loading, Page } from "../page.ts";
import { FigurePanel } from "../parts/panel.ts";
import { parameters } from "../range.ts";
import { aggregate, definition, fetchWindows, groupName, linesByGroup, numeric, seconds, start } from "../windows.ts";

const pipeline = "web-traffic";
const most_bars = 12;
/** How far a visitor got, by the paths asked for. */
const stages: [string, RegExp][] = [
  ["came", /^\//],
  ["saw an item", /^\/items\//],
  ["cart", /^\/cart/],
  ["checkout", /^\/(checkout|order|purchase)/],
];

export class Web extends Page {
  readonly title = "Web";
  private readonly status: FigurePanel;
  private readonly response: FigurePanel;
  private readonly paths: FigurePanel;
  private readonly countries: FigurePanel;
  private readonly clients: FigurePanel;
  private readonly funnel: FigurePanel;

  constructor(context: Context) {
    super(context);
    this.status = this.keep(new FigurePanel("Requests a second by status"));
    this.response = this.keep(new FigurePanel("Response time, ms"));
    this.paths = this.keep(new FigurePanel("Top paths", { tall: true }));
    this.countries = this.keep(new FigurePanel("Clients by country", { tall: true }));
    this.clients = this.keep(new FigurePanel("Clients at once"));
    this.funnel = this.keep(new FigurePanel("How far visitors get"));
  }

  async load(loading: Loading): Promise<void> {
    const { items } = await get<List<Pipeline>>("/api/pipelines", {}, loading.signal);
    const of = (window: string) => {
      const found = definition(items, pipeline, window);
      return found ? fetchWindows(pipeline, found, loading) : Promise.resolve([]);
    };
    if (!items.some(({ name }) => name === pipeline)) {
      for (const panel of [this.status, this.response, this.paths, this.countries, this.clients])
        panel.say(`the pipeline ${pipeline} has not run into this store`);
      return this.loadFunnel(loading);
    }
    const [traffic, status, countries] = await Promise.all([of("traffic-1m"), of("status-1m"), of("countries-15m")]);
    this.status.draw(
      figures.overTime(
        linesByGroup(status, (each) => each.events / seconds(each)),
        "1/s",
        { stacked: true },
      ),
    );
    this.response.draw(figures.overTime(percentiles(traffic), "ms"));
    this.clients.draw(
      figures.overTime(
        [
          {
            name: "clients",
            points: traffic.map((each) => [start(each), numeric(aggregate(each, "client_id", "distinct"))]),
          },
        ],
        "clients",
      ),
    );
    this.paths.draw(figures.bars(topPaths(traffic), "Requests, at least"));
    this.countries.draw(figures.bars(byCountry(countries), "Clients, most at once"));
    await this.loadFunnel(loading);
  }

  private async loadFunnel({ range, signal }: Loading): Promise<void> {
    const requests = await all<RecordedEvent>(
      "/api/events",
      { ...parameters(range), where: '{"topic":"web.requests"}', sort: "-time" },
      20_000,
      signal,
    );
    if (requests.length === 0)
      return this.funnel.say('the scenario does not record web.requests ("record": {"topics": ["web.requests"]})');
    const sessions = stages.map(() => new Set<unknown>());
    for (const { message } of requests)
      stages.forEach(([, path], i) => {
        if (message && path.test(String(message.path))) sessions[i]?.add(message.session_id);
      });
    this.funnel.draw(
      figures.bars(
        stages.map(([name], i) => ({ name, value: sessions[i]?.size ?? 0 })),
        "Sessions",
      ),
    );
  }
}

function percentiles(traffic: WindowResult[]): figures.Line[] {
  return ["p50", "p95", "p99", "mean", "max"].flatMap((name) => {
    const points = traffic.map((each): [number, number | null] => [
      start(each),
      numeric(aggregate(each, "response_ms", name)),
    ]);
    return points.some(([, value]) => value !== null) ? [{ name, points }] : [];
  });
}

/** Summed over the windows: a path that fell out of a window's ten is missing there, hence "at least". */
function topPaths(traffic: WindowResult[]): figures.Amount[] {
  const counts = new Map<string, number>();
  for (const each of traffic) {
    const top = aggregate(each, "path", "top_10");
    if (!Array.isArray(top)) continue;
    for (const { value, count, error } of top as { value: string; count: number; error: number }[])
      counts.set(value, (counts.get(value) ?? 0) + count - error);
  }
  return largest(counts);
}

function byCountry(countries: WindowResult[]): figures.Amount[] {
  const most = new Map<string, number>();
  for (const each of countries) {
    const name = groupName(each.group);
    most.set(name, Math.max(most.get(name) ?? 0, numeric(aggregate(each, "client_id", "distinct")) ?? 0));
  }
  return largest(most);
}

function largest(of: Map<string, number>): figures.Amount[] {
  return [...of]
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => b.value - a.value)
    .slice(0, most_bars);
}
