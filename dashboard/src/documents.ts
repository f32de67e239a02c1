// What the API answers with, as far as this page reads it (docs/reference/http.md).

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };
export type Fields = Record<string, Value>;

export interface List<T> {
  items: T[];
  next: string | null;
  why_empty?: string;
}

export interface WindowResult {
  pipeline: string;
  window: string;
  start: string;
  end: string;
  group: Fields;
  events: number;
  final: boolean;
  late: number;
  /** Fields of `aggregate`, each with its aggregates. */
  [field: string]: Value;
}

export type Severity = "info" | "warning" | "critical";

export interface Alert {
  id: string;
  pipeline: string;
  detector: string;
  entity: string;
  time: string;
  severity: Severity;
  score: number;
  reason: string;
  evidence: Fields;
  source: { topic: string; partition: number; offset: number };
  status: "open" | "acknowledged" | "resolved";
  /** The mute that it falls under: nobody is told of it. */
  muted?: { id: string; until: string; by: string; note: string };
  /** What somebody said who has looked. */
  verdict?: "right" | "wrong";
  /** What people did to it: each changes its status or its verdict. */
  deeds?: { status?: string; verdict?: string; by: string; at: string; note: string }[];
}

/** Which alerts nobody is told of: all that are of each of pipeline, detector and entity that it names. */
export interface Mute {
  id: string;
  pipeline?: string;
  detector?: string;
  entity?: string;
  from: string;
  until: string;
  by: string;
  note: string;
  /** Who ended it before its time, which was `until`. */
  ended?: { by: string; at: string; note: string; until: string };
}

/** What a verdict has made of a detector's threshold; null: the detector's own. */
export interface ThresholdChange {
  at: string;
  by: string;
  note: string;
  pipeline: string;
  detector: string;
  /** Null: it is one for all entities. */
  entity: string | null;
  alert: string;
  score: number;
  verdict: "right" | "wrong" | "none";
  from: number | null;
  to: number | null;
}

/** Alerts of one cause. */
export interface Case {
  id: string;
  pipeline: string;
  start: string;
  end: string;
  severity: Severity;
  status: Alert["status"];
  alerts: number;
  right: number;
  wrong: number;
  muted: number;
  entity_count: number;
  entities: string[];
  detectors: string[];
  alert_ids: string[];
}

export interface Entity {
  entity: string;
  topic: string;
  time: string;
  message: Fields;
}

export interface Label {
  label_id: string;
  incident_id: string | null;
  cause: string;
  domain: string;
  population: string;
  entity: string;
  topic: string;
  start: string;
  end: string | null;
  subtlety: number;
  malicious: boolean;
}

export interface RecordedEvent {
  topic: string;
  partition: number;
  offset: number;
  time: string;
  key: string;
  message?: Fields;
}

export interface Run extends Fields {
  command: string;
  ended: string;
}

export interface WindowDefinition {
  name: string;
  shape: "tumbling" | "hopping" | "session" | "calendar";
  size_ms: number;
  every_ms: number;
  group_by: string[];
  aggregate: Record<string, string[]>;
}

export interface Pipeline {
  name: string;
  description: string;
  source: string;
  key: string;
  hash: string;
  windows: WindowDefinition[];
  features: string[];
  detect: { name: string; detector: string; field: string }[];
  rules: { name: string; severity: Severity }[];
}

export interface ScoreRow {
  name: string;
  labels: number;
  found: number;
  alerts: number;
  right: number;
  false_alarms: number;
  recall: number | null;
  precision: number | null;
  f1: number | null;
  /** In hundredths of the currency. */
  money: { saved: number; lost: number; stopped_wrongly: number } | null;
  median_seconds_to_detect: number | null;
}

export interface Score {
  all: ScoreRow;
  by_cause: ScoreRow[];
  by_detector: ScoreRow[];
  false_alarms_a_day: number;
  /** Null: no labelled event in the store has an amount. */
  money: { currency: string | null; block_for_seconds: number; payments: number; unknown: number } | null;
}
