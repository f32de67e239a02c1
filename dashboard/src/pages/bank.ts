// The bank: what flows, what was stopped, what was found, and the accounts that it was found at.

import { all, get } from "../api.ts";
import * as figures from "../charts/figures.ts";
import type { Alert, List, Pipeline, RecordedEvent, WindowResult } from "../documents.ts";
import { element } from "../dom.ts";
import { type Context, type Loading, Page } from "../page.ts";
import { entityLink, partOf, severity } from "../parts/alert_line.ts";
import { text } from "../parts/fields.ts";
import { FigurePanel, Panel } from "../parts/panel.ts";
import { Rows } from "../parts/rows.ts";
import { link } from "../place.ts";
import { parameters } from "../range.ts";
import { aggregate, definition, fetchWindows, linesByGroup, numeric, seconds } from "../windows.ts";

const pipeline = "bank-fraud";
const most_alerts = 5000;

export class Bank extends Page {
  readonly title = "Bank";
  private readonly volume: FigurePanel;
  private readonly payments: FigurePanel;
  private readonly typologies: FigurePanel;
  private readonly declined: FigurePanel;
  private readonly accounts = new Panel("Accounts with alerts", { columns: 12, tall: true });
  private readonly rows = new Rows("Accounts with alerts", {
    Time: "time",
    Severity: "severity",
    Typology: "detector",
    Account: "entity",
    Reason: "reason",
  });

  constructor(context: Context) {
    super(context);
    this.volume = this.keep(new FigurePanel("Volume a minute by type, EUR"));
    this.payments = this.keep(new FigurePanel("Transactions a minute by type"));
    this.typologies = this.keep(new FigurePanel("Alerts by typology"));
    this.declined = this.keep(new FigurePanel("Declined transactions a minute"));
    this.root.append(this.accounts.root);
    this.filters.push(text("account", "Account", "account-000079"));
    const { account } = context.place.query;
    if (account) this.accounts.addTool(element("a", { href: link(["entities", account]) }, `Open ${account}`));
  }

  async load(loading: Loading): Promise<void> {
    const { items } = await get<List<Pipeline>>("/api/pipelines", {}, loading.signal);
    const window = definition(items, pipeline, "flow-5m");
    if (!window) {
      for (const panel of [this.volume, this.payments, this.typologies, this.declined])
        panel.say(`the pipeline ${pipeline} has not run into this store`);
      this.accounts.say("no alerts");
      return;
    }
    const [flow, alerts] = await Promise.all([
      fetchWindows(pipeline, window, loading),
      all<Alert>(
        "/api/alerts",
        { pipeline, entity: loading.place.query.account, ...parameters(loading.range), sort: "-time" },
        most_alerts,
        loading.signal,
      ),
      this.loadDeclined(loading),
    ]);
    this.drawFlow(flow);
    this.typologies.showsOnly(partOf(alerts, most_alerts, "newest"));
    this.typologies.draw(figures.bars(counted(alerts), "Alerts"));
    this.accounts.show(
      this.rows.of(alerts, (column, value) => {
        if (column === "Account") return entityLink(String(value));
        return column === "Severity" ? severity(String(value)) : undefined;
      }),
    );
  }

  private drawFlow(flow: WindowResult[]): void {
    const perMinute = (of: WindowResult, x: number | null) => (x === null ? null : (x * 60) / seconds(of));
    this.volume.draw(
      figures.overTime(
        linesByGroup(flow, (of) => perMinute(of, numeric(aggregate(of, "amount", "sum")))),
        "EUR/min",
        { kind: "bar", stacked: true },
      ),
    );
    this.payments.draw(
      figures.overTime(
        linesByGroup(flow, (of) => perMinute(of, of.events)),
        "1/min",
        { stacked: true },
      ),
    );
  }

  /** Windows need not split by status, so this is counted from the transactions themselves, where they are recorded. */
  private async loadDeclined({ range, signal }: Loading): Promise<void> {
    const ask = (more: object, most: number) =>
      all<RecordedEvent>(
        "/api/events",
        { ...parameters(range), sort: "-time", where: JSON.stringify({ topic: "bank.transactions", ...more }) },
        most,
        signal,
      );
    const declined = await ask({ "message.status": "declined" }, 20_000);
    if (declined.length > 0) {
      this.declined.draw(figures.overTime([perMinute("declined", declined)], "1/min", { kind: "bar" }));
      return;
    }
    const any = await ask({}, 1);
    this.declined.say(
      any.length > 0
        ? "no transaction was declined in this time range"
        : 'the scenario does not record bank.transactions ("record": {"topics": ["bank.transactions"]})',
    );
  }
}

function perMinute(name: string, events: RecordedEvent[]): figures.Line {
  const counts = new Map<number, number>();
  for (const { time } of events) {
    const minute = Math.floor(Date.parse(time) / 60_000) * 60_000;
    counts.set(minute, (counts.get(minute) ?? 0) + 1);
  }
  return { name, points: [...counts].sort(([x], [y]) => x - y) };
}

function counted(alerts: Alert[]): figures.Amount[] {
  const counts = new Map<string, number>();
  for (const { detector } of alerts) counts.set(detector, (counts.get(detector) ?? 0) + 1);
  return [...counts].map(([name, value]) => ({ name, value })).sort((a, b) => b.value - a.value);
}
