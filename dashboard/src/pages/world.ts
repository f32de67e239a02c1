// The running world: its time and pace, what it is made of, and the means to change it. Not every server has one; `throng serve` over a store
// says so.

import { change, get, Problem, serves } from "../api.ts";
import type { Fields, Value } from "../documents.ts";
import { element, replace } from "../dom.ts";
import * as format from "../format.ts";
import { type Context, Page } from "../page.ts";
import { knob } from "../parts/knob.ts";
import { Panel } from "../parts/panel.ts";
import { Tiles } from "../parts/tiles.ts";
import { currentToken, tokenField } from "../parts/token.ts";

interface State {
  scenario: string;
  at: string;
  paused: boolean;
  speed: number | "max";
  live: boolean;
  behind_seconds: number;
  events: number;
  restarts: number;
  changes: number;
  last_change: string | null;
  populations: Record<string, Fields>;
  incidents: Fields[];
  trouble: Fields;
}

/** Steps of the slider of speed: a second a second up to six hours; the last is as fast as it goes. */
const speeds = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 21_600] as const;
const look_again_ms = 1000;

export class World extends Page {
  readonly title = "World";
  override readonly live = false; // looks by itself
  private readonly tiles = new Tiles();
  private readonly pace = new Panel("Pace", { columns: 6 });
  private readonly incidents = new Panel("Incidents", { columns: 6 });
  private readonly populations = new Panel("Populations", { columns: 8 });
  private readonly trouble = new Panel("Trouble, as shares of all messages", { columns: 4 });
  private readonly history = new Panel("What changed, when", { columns: 12 });
  private readonly changes = element("ol", { class: "choices", "aria-live": "polite", "aria-label": "Changes" });
  private readonly answer = element("p", { class: "note", role: "status" });
  private shown = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(context: Context) {
    super(context);
    this.root.append(
      this.tiles.root,
      ...[this.pace, this.incidents, this.populations, this.trouble, this.history].map(({ root }) => root),
    );
    this.untilLeft(() => clearTimeout(this.timer));
  }

  async load(): Promise<void> {
    clearTimeout(this.timer);
    if (!(await serves("/api/world"))) {
      replace(this.root, this.pace.root);
      this.pace.say("Not served here: no world runs in this process. `throng run SCENARIO --serve` has one.");
      return;
    }
    this.show(await get<State>("/api/world"));
    this.timer = setTimeout(() => void this.load().catch(() => undefined), look_again_ms);
  }

  private show(state: State): void {
    this.tiles.set("Its time", format.time(state.at));
    this.tiles.set("State", pacing(state), state.paused ? "warning" : undefined);
    this.tiles.set("Events", format.number(state.events));
    this.tiles.set("Restarts", format.number(state.restarts), state.restarts > 0 ? "warning" : undefined);
    this.tiles.set("Changes", format.number(state.changes));
    // Controls are made anew only where what they show has changed: nobody's hand is on a slider that vanishes.
    const { paused, speed, populations, incidents, trouble } = state;
    const now = JSON.stringify({ paused, speed, populations, incidents, trouble });
    if (now === this.shown || this.root.contains(focusedKnob())) return;
    this.shown = now;
    this.pace.show(this.paceControls(state));
    this.incidents.show(this.incidentButtons(state));
    this.populations.show(
      ...Object.entries(populations).map(([name, of]) => this.knobs(`populations.${name}`, name, of)),
    );
    this.trouble.show(this.knobs("trouble", "", trouble));
    this.history.show(
      this.answer,
      tokenField(),
      element(
        "p",
        { class: "note" },
        state.last_change
          ? `The last change took effect at ${format.time(state.last_change)} of the world's time.`
          : "Nothing has changed yet.",
      ),
      this.changes,
    );
  }

  private paceControls({ paused, speed }: State): HTMLElement {
    const at =
      speed === "max"
        ? speeds.length
        : Math.max(
            0,
            speeds.findLastIndex((each) => each <= speed),
          );
    const shown = element("output", {}, speed === "max" ? "as fast as it goes" : `${format.number(speed)} s a second`);
    const slider = element("input", {
      type: "range",
      name: "speed",
      min: 0,
      max: speeds.length,
      value: at,
      "aria-valuetext": shown.textContent ?? "",
      onchange: () => void this.post("speed", { speed: speeds[Number(slider.value)] ?? "max" }),
    });
    return element(
      "div",
      { class: "knobs" },
      element(
        "button",
        { type: "button", onclick: () => void this.post(paused ? "resume" : "pause", {}) },
        paused ? "Resume" : "Pause",
      ),
      element("label", { class: "knob" }, element("span", {}, "Speed"), slider, shown),
    );
  }

  private incidentButtons({ incidents }: State): HTMLElement {
    const kinds = [...new Set(incidents.map(({ kind }) => String(kind)))].sort();
    if (kinds.length === 0) return element("p", { class: "empty" }, "the scenario has no incidents to begin one like");
    const subtlety = element("input", { type: "range", name: "subtlety", min: 0, max: 1, step: 0.1, value: 0 });
    const count = element("input", { type: "number", name: "count", min: 1, value: 1 });
    return element(
      "div",
      { class: "knobs" },
      element("label", { class: "knob" }, element("span", {}, "How many"), count),
      element("label", { class: "knob" }, element("span", {}, "Subtlety"), subtlety),
      element(
        "div",
        { class: "buttons" },
        ...kinds.map((kind) =>
          element(
            "button",
            {
              type: "button",
              onclick: () =>
                void this.post("incident", { kind, count: Number(count.value), subtlety: Number(subtlety.value) }),
            },
            kind,
          ),
        ),
      ),
    );
  }

  private knobs(path: string, heading: string, of: Fields): HTMLElement {
    return element(
      "div",
      { class: "knobs" },
      ...(heading === "" ? [] : [element("h3", {}, heading)]),
      ...Object.entries(of).flatMap(([name, value]) =>
        typeof value === "number" || (typeof value === "string" && name !== "kind")
          ? [knob(name, value, (next) => void this.post("set", { [`${path}.${name}`]: next }))]
          : [],
      ),
    );
  }

  private async post(verb: string, body: Record<string, Value>): Promise<void> {
    const told = `${verb} ${Object.keys(body).length > 0 ? JSON.stringify(body) : ""}`;
    this.answer.textContent = `${told} …`;
    try {
      const state = await change<State>("POST", `/api/world/${verb}`, body, currentToken());
      this.answer.textContent = "";
      this.changes.prepend(element("li", {}, `${format.time(state.at)}  ${told}`));
      this.shown = "";
      this.show(state);
    } catch (error) {
      this.answer.textContent = error instanceof Problem ? error.message : String(error);
    }
  }
}

function pacing({ paused, live, behind_seconds: behind }: State): string {
  if (paused) return "paused";
  const pace = live ? "live" : "running";
  return behind >= 1 ? `${pace}, ${format.duration(behind)} behind` : pace;
}

/** The field that the user is at, if it is one that a redraw would take away. */
function focusedKnob(): Element | null {
  const focused = document.activeElement;
  return focused?.matches(".knob input") ? focused : null;
}
