// What people did to an alert, and the buttons to do more.

import { change, Problem } from "../api.ts";
import type { Alert } from "../documents.ts";
import { element, replace } from "../dom.ts";
import * as format from "../format.ts";
import { newest } from "../range.ts";
import { currentToken, tokenField } from "./token.ts";

const next: Record<Alert["status"], string[]> = {
  open: ["acknowledge", "resolve"],
  acknowledged: ["resolve", "reopen"],
  resolved: ["reopen"],
};

const verdicts = ["right", "wrong"];

function possible(alert: Alert): string[] {
  return [
    ...next[alert.status],
    ...verdicts.filter((verdict) => verdict !== alert.verdict),
    ...(alert.verdict ? ["retract"] : []),
  ];
}

export function deeds(alert: Alert): HTMLElement {
  const root = element("div", { class: "deeds", "aria-live": "polite" });
  show(root, alert, "");
  return root;
}

/** @param trouble why the last one could not be done; empty: it could */
function show(root: HTMLElement, alert: Alert, trouble: string): void {
  replace(
    root,
    element("span", { class: `status ${alert.status}` }, alert.status),
    ...(alert.verdict ? [element("span", { class: `status said ${alert.verdict}` }, alert.verdict)] : []),
    ...possible(alert).map((deed) =>
      element("button", { type: "button", onclick: () => void record(root, alert, deed) }, deed),
    ),
    alert.muted
      ? element(
          "span",
          { class: "note" },
          [`muted until ${format.time(alert.muted.until)}`, alert.muted.by && `by ${alert.muted.by}`, alert.muted.note]
            .filter(Boolean)
            .join(" · "),
        )
      : element("button", { type: "button", onclick: () => void mute(root, alert) }, "mute for 24 h"),
    ...(alert.deeds ?? []).map(({ status, verdict, by, at, note }) =>
      element(
        "span",
        { class: "note" },
        [
          status ?? (verdict === "none" ? "verdict retracted" : `marked ${verdict}`),
          by && `by ${by}`,
          format.time(at),
          note,
        ]
          .filter(Boolean)
          .join(" · "),
      ),
    ),
    ...(trouble === "" ? [] : [element("span", { class: "trouble" }, trouble), tokenField()]),
  );
}

/** Such alerts of this entity, from this one until a day after the newest event. */
async function mute(root: HTMLElement, alert: Alert): Promise<void> {
  const { pipeline, detector, entity, time } = alert;
  try {
    const latest = Math.max((await newest()) ?? 0, Date.parse(time));
    const until = new Date(latest + 86_400_000).toISOString();
    const made = await change<NonNullable<Alert["muted"]>>(
      "POST",
      "/api/mutes",
      { pipeline, detector, entity, from: time, until },
      currentToken(),
    );
    show(root, { ...alert, muted: made }, "");
  } catch (error) {
    show(root, alert, error instanceof Problem ? error.message : String(error));
  }
}

async function record(root: HTMLElement, alert: Alert, deed: string): Promise<void> {
  try {
    show(root, await change<Alert>("POST", `/api/alerts/${alert.id}/${deed}`, {}, currentToken()), "");
  } catch (error) {
    show(root, alert, error instanceof Problem ? error.message : String(error));
  }
}
