// What people's verdicts have taught the detectors: the score that an alarm needed and needs, by whom and why.

import { get } from "../api.ts";
import type { List, ThresholdChange } from "../documents.ts";
import { element } from "../dom.ts";
import * as format from "../format.ts";
import { entityLink } from "./alert_line.ts";
import { Panel } from "./panel.ts";
import { Rows } from "./rows.ts";

const most = 300;

const rows = new Rows("Taught thresholds", {
  Given: "at",
  By: "by",
  Pipeline: "pipeline",
  Detector: "detector",
  Entity: "entity",
  Verdict: "verdict",
  "Alert's score": "score",
  Before: "from",
  Since: "to",
  Why: "note",
});

export class ThresholdPanel extends Panel {
  constructor() {
    super("Thresholds, as verdicts have taught them: the score that rings", { columns: 12 });
    this.root.hidden = true; // until there are some
  }

  /** @param of those whose changes are asked for; empty: all */
  async load(of: { pipeline?: string; entity?: string }, signal?: AbortSignal): Promise<void> {
    const { items } = await get<List<ThresholdChange>>(
      "/api/thresholds",
      { pipeline: of.pipeline, entity: of.entity, sort: "-at", limit: most },
      signal,
    );
    this.root.hidden = items.length === 0;
    this.show(
      rows.of(items, (column, value) => {
        if (column === "Given") return element("span", {}, format.time(String(value)));
        if (column === "Entity") return value === null ? element("span", {}, "all") : entityLink(String(value));
        if ((column === "Before" || column === "Since") && value === null)
          return element("span", { class: "note" }, "detector's own");
        return undefined;
      }),
    );
  }
}
