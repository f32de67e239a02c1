// Truth against alerts: what was found, how soon, what was missed, and what was no trouble at all.

import { all, get, Problem } from "../api.ts";
import * as figures from "../charts/figures.ts";
import type { Alert, Case, Label, Score, ScoreRow } from "../documents.ts";
import { element } from "../dom.ts";
import * as format from "../format.ts";
import { type Context, type Loading, Page } from "../page.ts";
import { entityLink, severity } from "../parts/alert_line.ts";
import { choice } from "../parts/fields.ts";
import { FigurePanel, Panel } from "../parts/panel.ts";
import { Rows } from "../parts/rows.ts";
import { Tiles } from "../parts/tiles.ts";
import { parameters } from "../range.ts";
import { bySubtlety, matches } from "../truth.ts";

const most_spans = 400;
const most_cases = 200;
const most_names = 6;

export class Detection extends Page {
  readonly title = "Detection";
  private readonly tiles = new Tiles();
  private readonly line: FigurePanel;
  private readonly recall: FigurePanel;
  private readonly precision: FigurePanel;
  private readonly soon: FigurePanel;
  private readonly subtle: FigurePanel;
  private readonly causes = new Panel("By cause", { columns: 12, tall: true });
  private readonly detectors = new Panel("By detector or rule", { columns: 12, tall: true });
  private readonly cases = new Panel("Cases, newest first", { columns: 12, tall: true });
  private readonly caseRows = new Rows("Cases", {
    Start: "start",
    End: "end",
    Severity: "severity",
    Status: "status",
    Pipeline: "pipeline",
    Alerts: "alerts",
    Right: "right",
    Wrong: "wrong",
    Detectors: "detectors",
    Entities: "entities",
  });
  private readonly causeRows = new Rows("By cause", {
    Cause: "name",
    Labels: "labels",
    Found: "found",
    Alerts: "alerts",
    Right: "right",
    "False alarms": "false_alarms",
    Recall: "recall",
    Precision: "precision",
    F1: "f1",
    "Median seconds": "median_seconds_to_detect",
  });
  private readonly detectorRows = new Rows("By detector or rule", {
    Name: "name",
    Found: "found",
    Alerts: "alerts",
    Right: "right",
    "False alarms": "false_alarms",
    Recall: "recall",
    Precision: "precision",
    F1: "f1",
    "Median seconds": "median_seconds_to_detect",
  });
  private readonly money = new Panel("Money saved and lost", { columns: 12, tall: true });
  private readonly moneyRows = new Rows("Money saved and lost", {
    Of: "name",
    Saved: "money.saved",
    Lost: "money.lost",
    "Stopped wrongly": "money.stopped_wrongly",
  });

  constructor(context: Context) {
    super(context);
    this.root.append(this.tiles.root);
    this.line = this.keep(new FigurePanel("Truth (spans) and alerts (diamonds)", { columns: 12, tall: true }));
    this.recall = this.keep(new FigurePanel("Recall by cause"));
    this.precision = this.keep(new FigurePanel("Precision by detector or rule"));
    this.soon = this.keep(new FigurePanel("Median seconds to detect, by cause"));
    this.subtle = this.keep(new FigurePanel("Recall by subtlety"));
    this.root.append(this.causes.root, this.detectors.root, this.money.root, this.cases.root);
    this.money.root.hidden = true; // until some is known
    this.filters.push(
      choice("grace", "Alerts count until", [
        ["", "10 min after the end"],
        ["0s", "the end"],
        ["1h", "1 h after the end"],
      ]),
    );
  }

  async load(loading: Loading): Promise<void> {
    await this.showCases(loading);
    let score: Score;
    try {
      score = await get<Score>("/api/score", { grace: loading.place.query.grace }, loading.signal);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
      for (const panel of [this.line, this.recall, this.precision, this.soon, this.subtle, this.causes, this.detectors])
        panel.say("no truth is known here: only a simulated world publishes its labels");
      return;
    }
    this.showScore(score);
    const range = parameters(loading.range);
    const [labels, alerts] = await Promise.all([
      all<Label>("/api/labels", { ...range, sort: "start" }, 20_000, loading.signal),
      all<Alert>("/api/alerts", { ...range, sort: "time" }, 20_000, loading.signal),
    ]);
    this.showTimeLine(
      labels.filter(({ cause }) => !cause.startsWith("trouble.")),
      alerts,
    );
  }

  private async showCases({ range, signal }: Loading): Promise<void> {
    const found = await all<Case>("/api/cases", { ...parameters(range), sort: "-start" }, most_cases, signal);
    this.cases.show(
      this.caseRows.of(found, (column, value) => {
        if (column === "Severity") return severity(String(value));
        if (column === "Status") return element("span", { class: `status ${String(value)}` }, String(value));
        if (column === "Entities" && Array.isArray(value)) return entityLinks(value.map(String));
        if (column === "Detectors" && Array.isArray(value)) return element("span", {}, value.join(", "));
        return undefined;
      }),
    );
  }

  private showMoney({ all: sum, by_cause, by_detector, money }: Score): void {
    this.money.root.hidden = money === null;
    if (money === null) return;
    const { currency, block_for_seconds, payments, unknown } = money;
    const missing = unknown > 0 ? `, and ${format.number(unknown)} labelled events whose amount is not known` : "";
    this.money.show(
      element(
        "p",
        { class: "note" },
        `${currency ? `In ${currency}, as` : "As"} if each alert had stopped what its entity pays in the ${format.duration(block_for_seconds)} after it: ${format.number(payments)} payments${missing}`,
      ),
      this.moneyRows.of(
        [{ ...sum, name: "all together" }, ...by_cause, ...by_detector].filter((row) => row.money !== null),
        (_, value) =>
          typeof value === "number" ? element("span", { "data-value": value }, format.money(value)) : undefined,
      ),
    );
  }

  private showScore(score: Score): void {
    const { all: sum, by_cause, by_detector, false_alarms_a_day } = score;
    this.tiles.set("Incidents labelled", format.number(sum.labels));
    this.tiles.set("Found", format.number(sum.found));
    this.tiles.set("Recall", format.share(sum.recall));
    this.tiles.set("Precision", format.share(sum.precision));
    this.tiles.set("F1", format.share(sum.f1));
    this.tiles.set("Median time to detect", format.duration(sum.median_seconds_to_detect));
    this.tiles.set("False alarms a day", format.number(false_alarms_a_day));
    const of = (rows: ScoreRow[], value: (row: ScoreRow) => number | null) =>
      rows.flatMap((row) => (value(row) === null ? [] : [{ name: row.name, value: value(row) }]));
    this.recall.draw(
      figures.bars(
        of(by_cause, (row) => row.recall),
        "Recall",
        { share: true },
      ),
    );
    this.precision.draw(
      figures.bars(
        of(by_detector, (row) => row.precision),
        "Precision",
        { share: true },
      ),
    );
    this.soon.draw(
      figures.bars(
        of(by_cause, (row) => row.median_seconds_to_detect),
        "Seconds",
      ),
    );
    this.causes.show(this.causeRows.of(by_cause));
    this.detectors.show(this.detectorRows.of(by_detector));
    this.showMoney(score);
  }

  private showTimeLine(labels: Label[], alerts: Alert[]): void {
    const causes = [...new Set(labels.map(({ cause }) => cause))].sort();
    const ends = Math.max(
      0,
      ...[...labels.map(({ end, start }) => end ?? start), ...alerts.map(({ time }) => time)].map((t) => Date.parse(t)),
    );
    const byEntity = new Map<string, Label[]>();
    for (const label of labels) byEntity.set(label.entity, [...(byEntity.get(label.entity) ?? []), label]);
    const marks = alerts.map((alert): figures.Mark => {
      const label = (byEntity.get(alert.entity) ?? []).find((each) => matches(alert, each));
      return {
        row: label?.cause ?? "no incident",
        name: `${alert.detector}: ${alert.entity}`,
        at: Date.parse(alert.time),
        tone: label?.malicious ? "good" : "critical",
      };
    });
    const spans = labels.slice(0, most_spans).map(
      (label): figures.Span => ({
        row: label.cause,
        name: `${label.cause}: ${label.entity}, subtlety ${label.subtlety}`,
        from: Date.parse(label.start),
        to: label.end === null ? ends : Date.parse(label.end),
        tone: label.malicious ? "info" : "muted",
      }),
    );
    const rows = marks.some(({ row }) => row === "no incident") ? [...causes, "no incident"] : causes;
    this.line.draw(figures.timeLine(rows, spans, marks));
    this.subtle.draw(
      figures.bars(
        bySubtlety(labels, alerts).map(({ name, labels: number, found }) => ({
          name: `${name} (${found} of ${number})`,
          value: found / number,
        })),
        "Recall",
        { share: true },
      ),
    );
  }
}

function entityLinks(entities: string[]): HTMLElement {
  const left = entities.length - most_names;
  return element(
    "span",
    {},
    ...entities
      .slice(0, most_names)
      .flatMap((entity, i) => (i === 0 ? [entityLink(entity)] : [", ", entityLink(entity)])),
    ...(left > 0 ? [`, and ${left} more`] : []),
  );
}
