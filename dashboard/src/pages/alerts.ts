// All alerts, however many: a list of which only what is in sight is drawn and fetched.

import { get } from "../api.ts";
import type { Alert, List } from "../documents.ts";
import { element } from "../dom.ts";
import * as format from "../format.ts";
import { type Context, type Loading, Page } from "../page.ts";
import { alertLine } from "../parts/alert_line.ts";
import { choice, text } from "../parts/fields.ts";
import { MutePanel } from "../parts/mutes.ts";
import { Panel } from "../parts/panel.ts";
import { ThresholdPanel } from "../parts/thresholds.ts";
import { VirtualList } from "../parts/virtual_list.ts";
import { parameters } from "../range.ts";

const page_size = 500;
const row_height = 30;

export class Alerts extends Page {
  readonly title = "Alerts";
  override readonly live = false; // what comes in is put on top, not asked for again
  private readonly panel = new Panel("Alerts, newest first", { columns: 12 });
  private readonly mutes = new MutePanel();
  private readonly thresholds = new ThresholdPanel();
  private readonly status = element("p", { class: "note", role: "status" });
  private readonly list: VirtualList<Alert>;
  private loading: Loading | undefined;
  private cursor: string | null = null;

  constructor(context: Context) {
    super(context);
    this.list = new VirtualList<Alert>(
      "Alerts",
      row_height,
      alertLine,
      (count) => this.next(count),
      (error) => {
        this.status.textContent = error instanceof Error ? error.message : String(error);
      },
    );
    this.panel.root.classList.add("filling");
    this.panel.show(this.list.root, this.status);
    this.root.append(this.panel.root, this.mutes.root, this.thresholds.root);
    this.filters.push(
      choice("severity", "Severity", [
        ["", "all"],
        ["critical", "critical"],
        ["warning", "warning"],
        ["info", "info"],
      ]),
      choice("status", "Status", [
        ["", "all"],
        ["open", "open"],
        ["acknowledged", "acknowledged"],
        ["resolved", "resolved"],
      ]),
      choice("verdict", "Verdict", [
        ["", "all"],
        ["right", "right"],
        ["wrong", "wrong"],
        ["none", "none yet"],
      ]),
      text("pipeline", "Pipeline", "bank-fraud"),
      text("detector", "Detector", "card-testing"),
      text("entity", "Entity", "account-000079"),
    );
    this.untilLeft(
      context.stream.on("alert", (alert) => {
        if (this.fits(alert)) this.list.prepend(alert);
        this.say();
      }),
    );
  }

  async load(loading: Loading): Promise<void> {
    this.loading = loading;
    this.cursor = null;
    await Promise.all([
      this.list.restart(),
      this.mutes.load(loading.signal),
      this.thresholds.load(loading.place.query, loading.signal),
    ]);
  }

  private async next(count: number): Promise<{ items: Alert[]; more: boolean }> {
    if (!this.loading) return { items: [], more: false };
    const { place, range, signal } = this.loading;
    const { severity, status, verdict, detector, pipeline, entity } = place.query;
    const where: Record<string, string | null> = {};
    for (const [name, value] of Object.entries({ severity, status, verdict, detector }))
      if (value) where[name] = name === "verdict" && value === "none" ? null : value;
    const page = await get<List<Alert>>(
      "/api/alerts",
      {
        ...parameters(range),
        pipeline,
        entity,
        where: Object.keys(where).length > 0 ? JSON.stringify(where) : undefined,
        sort: "-time",
        limit: page_size,
        cursor: this.cursor ?? undefined,
      },
      signal,
    );
    this.cursor = page.next;
    this.say(count + page.items.length, page.next !== null, page.why_empty);
    return { items: page.items, more: page.next !== null };
  }

  private fits(alert: Alert): boolean {
    const { severity, status, verdict, detector, pipeline, entity } = this.loading?.place.query ?? {};
    return (
      (!severity || alert.severity === severity) &&
      (!status || alert.status === status) &&
      (!verdict || (alert.verdict ?? "none") === verdict) &&
      (!detector || alert.detector === detector) &&
      (!pipeline || alert.pipeline === pipeline) &&
      (!entity || alert.entity === entity)
    );
  }

  private say(count = this.list.length, more = this.cursor !== null, why?: string): void {
    this.status.textContent =
      count === 0 ? (why ?? "no alert matches") : `${format.number(count)} alerts${more ? " fetched, and more" : ""}`;
  }
}
