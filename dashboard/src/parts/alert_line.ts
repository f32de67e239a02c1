// One alert in a line, for tickers and lists.

import type { Alert } from "../documents.ts";
import { element } from "../dom.ts";
import * as format from "../format.ts";
import { link } from "../place.ts";

export function severity(of: string): HTMLElement {
  return element("span", { class: `severity ${of}` }, of);
}

export function entityLink(entity: string): HTMLElement {
  return element("a", { href: link(["entities", entity]) }, entity);
}

/** How long it lasted, in a few words; nothing where nobody knows. */
function lasted(alert: Alert): HTMLElement[] {
  if (alert.end === undefined) return [];
  if (alert.end === null) return [element("span", { class: "status" }, "not over")];
  return [
    element(
      "span",
      { class: "until" },
      "until ",
      element("time", { datetime: alert.end, title: alert.end }, format.clock(alert.end)),
    ),
  ];
}

/** The same in a sentence. */
export function span(alert: Alert): string {
  if (alert.end === undefined) return `at ${format.time(alert.time)}`;
  if (alert.end === null) return `since ${format.time(alert.time)}, not over`;
  const peak =
    alert.peak === undefined || !alert.peak_time
      ? ""
      : `, peak ${format.value(alert.peak)} at ${format.time(alert.peak_time)}`;
  return `from ${format.time(alert.time)} to ${format.time(alert.end)}${peak}`;
}

/** Which part these alerts are of those in the range, in the order of falling or rising time; empty: all. */
export function partOf(alerts: Alert[], most: number, order: "newest" | "oldest"): string {
  const last = alerts.at(-1);
  if (alerts.length < most || !last) return "";
  return `only the ${order} ${format.number(most)} alerts, ${order === "newest" ? "from" : "to"} ${format.time(last.time)}`;
}

export function alertLine(alert: Alert): HTMLElement {
  return element(
    "div",
    { class: "alert-line", "data-id": alert.id },
    element("time", { datetime: alert.time, title: alert.time }, format.clock(alert.time)),
    ...lasted(alert),
    severity(alert.severity),
    ...(alert.status === "open" ? [] : [element("span", { class: `status ${alert.status}` }, alert.status)]),
    ...(alert.muted ? [element("span", { class: "status" }, "muted")] : []),
    ...(alert.verdict ? [element("span", { class: `status said ${alert.verdict}` }, alert.verdict)] : []),
    element("span", { class: "what" }, alert.detector),
    entityLink(alert.entity),
    element("span", { class: "reason" }, alert.reason),
  );
}
