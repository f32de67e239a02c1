// Alerts held against labels, by the rule of `throng score`: the same entity, from the label's start until ten minutes after its end.

import type { Alert, Label } from "./documents.ts";

const grace = 600_000;

export function matches(alert: Alert, label: Label): boolean {
  const at = Date.parse(alert.time);
  return (
    alert.entity === label.entity &&
    at >= Date.parse(label.start) &&
    (label.end === null || at <= Date.parse(label.end) + grace)
  );
}

export type Verdict = "right" | "false alarm" | "unknown";

/** @param labels of the alert's entity; none in the whole store: nobody knows */
export function verdict(alert: Alert, labels: Label[], known: boolean): Verdict {
  if (!known) return "unknown";
  return labels.some((label) => label.malicious && matches(alert, label)) ? "right" : "false alarm";
}

/** Of malicious labels: how many there are and how many an alert matches, by how subtle they are (tenths). */
export function bySubtlety(labels: Label[], alerts: Alert[]): { name: string; labels: number; found: number }[] {
  const of = new Map<string, Alert[]>();
  for (const alert of alerts) of.set(alert.entity, [...(of.get(alert.entity) ?? []), alert]);
  const rows = new Map<string, { labels: number; found: number }>();
  for (const label of labels) {
    if (!label.malicious) continue;
    const name = (Math.round(label.subtlety * 10) / 10).toFixed(1);
    const row = rows.get(name) ?? { labels: 0, found: 0 };
    row.labels++;
    if ((of.get(label.entity) ?? []).some((alert) => matches(alert, label))) row.found++;
    rows.set(name, row);
  }
  return [...rows].map(([name, row]) => ({ name, ...row })).sort((a, b) => a.name.localeCompare(b.name));
}
