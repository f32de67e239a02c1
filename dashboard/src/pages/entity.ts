// One sensor, client or account: its latest state, what it did, whom it dealt with, what was found and whether that was right.

import { all, get, Problem } from "../api.ts";
import * as figures from "../charts/figures.ts";
import type { Alert, Entity, Fields, Label, List, RecordedEvent } from "../documents.ts";
import { element } from "../dom.ts";
import * as format from "../format.ts";
import { type Context, type Loading, Page } from "../page.ts";
import { severity, span } from "../parts/alert_line.ts";
import { deeds } from "../parts/deeds.ts";
import { FigurePanel, Panel, tableOf } from "../parts/panel.ts";
import { link } from "../place.ts";
import { verdict } from "../truth.ts";

const most_events = 500;
/** Fields that say who or where rather than how much. */
const no_measure = new Set(["seq", "lat", "lon", "mcc", "status"]);

export class EntityPage extends Page {
  readonly title: string;
  private readonly id: string;
  private readonly state = new Panel("Latest message", { columns: 4, tall: true });
  private readonly found = new Panel("Alerts, and why", { columns: 8, tall: true });
  private readonly history: FigurePanel;
  private readonly around: FigurePanel;
  private readonly messages = new Panel("Its latest messages", { columns: 12, tall: true });

  constructor(context: Context) {
    super(context);
    this.id = context.place.path[1] ?? "";
    this.title = this.id;
    this.root.append(this.state.root, this.found.root);
    this.history = this.keep(new FigurePanel("What it said over time", { columns: 6, tall: true }));
    this.around = this.keep(new FigurePanel("Whom it dealt with", { columns: 6, tall: true }));
    this.around.onClick((name) => {
      if (name.startsWith("account")) location.hash = link(["entities", name]);
    });
    this.root.append(this.messages.root);
  }

  async load({ signal }: Loading): Promise<void> {
    const one = { entity: this.id, signal };
    const [state, alerts, labels, anyLabel, events] = await Promise.all([
      get<Entity>(`/api/entities/${encodeURIComponent(this.id)}`, {}, signal).catch((error: unknown) => {
        if (error instanceof Problem && error.status === 404) return undefined;
        throw error;
      }),
      all<Alert>("/api/alerts", { entity: one.entity, sort: "-time" }, 500, signal),
      all<Label>("/api/labels", { entity: one.entity }, 500, signal),
      get<List<Label>>("/api/labels", { limit: 1 }, signal),
      all<RecordedEvent>("/api/events", { entity: one.entity, sort: "-time" }, most_events, signal),
    ]);
    if (state) this.state.show(definitions(state.message));
    else this.state.say(`nothing is known of ${this.id}`);
    this.showAlerts(alerts, labels, anyLabel.items.length > 0);
    this.showEvents(events.reverse());
  }

  private showAlerts(alerts: Alert[], labels: Label[], known: boolean): void {
    const incidents = labels.filter(({ cause }) => !cause.startsWith("trouble."));
    const truth = incidents.map((label) =>
      element(
        "p",
        { class: "truth" },
        `Truth: ${label.cause} from ${format.time(label.start)} to ${label.end ? format.time(label.end) : "now"}, subtlety ${label.subtlety}, ${label.malicious ? "malicious" : "innocent"}`,
      ),
    );
    if (alerts.length === 0) {
      this.found.show(...truth, element("p", { class: "empty" }, "no alert"));
      return;
    }
    this.found.show(
      ...truth,
      ...alerts.map((alert) => {
        const judged = verdict(alert, incidents, known);
        return element(
          "article",
          { class: "finding" },
          element(
            "h3",
            {},
            severity(alert.severity),
            ` ${alert.detector} ${span(alert)} `,
            element("span", { class: `verdict ${judged.replace(" ", "-")}` }, judged),
          ),
          element("p", {}, alert.reason),
          definitions(alert.evidence),
          deeds(alert),
          element(
            "p",
            { class: "note" },
            `pipeline ${alert.pipeline}, ${alert.source.topic} partition ${alert.source.partition} offset ${alert.source.offset}`,
          ),
        );
      }),
    );
  }

  private showEvents(events: RecordedEvent[]): void {
    const messages = events.filter((each) => each.message !== undefined);
    if (messages.length === 0) {
      for (const panel of [this.history, this.around, this.messages])
        panel.say("the scenario records none of its messages (see record.topics)");
      return;
    }
    this.history.draw(figures.overTime(measures(messages), ""));
    this.messages.show(tableOf(messageTable(messages), "Its latest messages"));
    const links = payments(this.id, messages);
    if (links.length === 0) this.around.say("its messages name no counterparty");
    else this.around.draw(figures.graph(this.id, links));
  }
}

function definitions(of: Fields): HTMLElement {
  return element(
    "dl",
    { class: "fields" },
    ...Object.entries(of).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, format.value(value))]),
  );
}

/** Newest first, a column a field. */
function messageTable(events: RecordedEvent[]): figures.Table {
  const columns = [...new Set(events.flatMap(({ message }) => Object.keys(message ?? {})))];
  const rows = events.map(({ message }) =>
    columns.map((name) => {
      const value = message?.[name];
      return typeof value === "number" ? value : format.value(value);
    }),
  );
  return { columns, rows: rows.reverse() };
}

/** A line for each number in the messages. */
function measures(events: RecordedEvent[]): figures.Line[] {
  const lines = new Map<string, figures.Line>();
  for (const { time, message } of events)
    for (const [name, value] of Object.entries(message ?? {})) {
      if (typeof value !== "number" || no_measure.has(name)) continue;
      const line = lines.get(name) ?? { name, points: [] };
      line.points.push([Date.parse(time), value]);
      lines.set(name, line);
    }
  return [...lines.values()];
}

function payments(id: string, events: RecordedEvent[]): figures.Link[] {
  const links = new Map<string, figures.Link>();
  for (const { message } of events) {
    const { counterparty_id: other, amount, type } = message ?? {};
    if (typeof other !== "string" || typeof amount !== "number") continue;
    const comes = /_in$|salary/.test(String(type));
    const [from, to] = comes ? [other, id] : [id, other];
    const one = links.get(`${from} ${to}`) ?? { from, to, amount: 0, count: 0 };
    links.set(`${from} ${to}`, { ...one, amount: Math.round((one.amount + amount) * 100) / 100, count: one.count + 1 });
  }
  return [...links.values()].sort((a, b) => b.amount - a.amount).slice(0, 60);
}
