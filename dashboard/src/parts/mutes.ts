// Which alerts nobody is told of, until when and why, and a button that ends it.

import { change, get, Problem } from "../api.ts";
import type { List, Mute } from "../documents.ts";
import { element } from "../dom.ts";
import { newest } from "../range.ts";
import { Panel } from "./panel.ts";
import { Rows } from "./rows.ts";
import { currentToken, tokenField } from "./token.ts";

const rows = new Rows("Mutes", {
  Pipeline: "pipeline",
  Detector: "detector",
  Entity: "entity",
  From: "from",
  Until: "until",
  By: "by",
  Why: "note",
  "": "id",
});

export class MutePanel extends Panel {
  constructor() {
    super("Mutes: nobody is told of these", { columns: 12 });
    this.root.hidden = true; // until there are some
  }

  async load(signal?: AbortSignal): Promise<void> {
    const [mutes, now] = await Promise.all([
      get<List<Mute>>("/api/mutes", { sort: "-from", limit: 300 }, signal),
      newest(signal),
    ]);
    this.list(mutes.items, now ?? Number.NEGATIVE_INFINITY, "");
  }

  /** @param now the newest event @param trouble why one could not be ended; empty: it could */
  private list(mutes: Mute[], now: number, trouble: string): void {
    this.root.hidden = mutes.length === 0;
    const byId = new Map(mutes.map((each) => [each.id, each]));
    this.show(
      rows.of(mutes, (column, id) => {
        const mute = column === "" ? byId.get(String(id)) : undefined;
        return mute && this.end(mute, mutes, now);
      }),
      ...(trouble === "" ? [] : [element("p", { class: "trouble" }, trouble), tokenField()]),
    );
  }

  private end(mute: Mute, mutes: Mute[], now: number): HTMLElement {
    if (mute.ended)
      return element(
        "span",
        { class: "note" },
        ["ended", mute.ended.by && `by ${mute.ended.by}`].filter(Boolean).join(" "),
      );
    if (Date.parse(mute.until) <= now) return element("span", { class: "note" }, "over");
    const ended = async () => {
      try {
        // What comes after the newest event is told again; what has been muted stays on record as that.
        const until = new Date(Math.max(now + 1, Date.parse(mute.from) + 1)).toISOString();
        const made = await change<Mute>("POST", `/api/mutes/${mute.id}/end`, { until }, currentToken());
        this.list(
          mutes.map((each) => (each.id === made.id ? made : each)),
          now,
          "",
        );
      } catch (error) {
        this.list(mutes, now, error instanceof Problem ? error.message : String(error));
      }
    };
    return element("button", { type: "button", onclick: () => void ended() }, "end now");
  }
}
