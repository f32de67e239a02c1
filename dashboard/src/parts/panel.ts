// A titled box of a page: a figure with its numbers behind a button, or whatever a page puts in. Says why where there is nothing.

import { Canvas } from "../charts/canvas.ts";
import type { Figure, Table } from "../charts/figures.ts";
import { element, replace } from "../dom.ts";
import * as format from "../format.ts";

const most_rows = 500;

export function tableOf(table: Table, caption: string): HTMLElement {
  const rows = table.rows.slice(0, most_rows);
  return element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...table.columns.map((name) => element("th", { scope: "col" }, name)))),
      element(
        "tbody",
        {},
        ...rows.map((row) =>
          element(
            "tr",
            {},
            ...row.map((cell) =>
              element(
                "td",
                typeof cell === "number" ? { class: "number", "data-value": cell } : {},
                format.value(cell),
              ),
            ),
          ),
        ),
      ),
    ),
    ...(table.rows.length > most_rows
      ? [element("p", { class: "note" }, `the first ${most_rows} of ${format.number(table.rows.length)} rows`)]
      : []),
  );
}

export class Panel {
  readonly root: HTMLElement;
  readonly body = element("div", { class: "body" });
  protected readonly tools = element("div", { class: "tools" });
  private readonly part = element("span", { class: "note" });

  /** @param size of the grid's 12 columns; tall: twice as high */
  constructor(
    readonly title: string,
    size: { columns?: 4 | 6 | 8 | 12; tall?: boolean } = {},
  ) {
    this.root = element(
      "section",
      { class: `panel span-${size.columns ?? 6}${size.tall ? " tall" : ""}`, "aria-label": title },
      element("header", {}, element("h2", {}, title), this.tools),
      this.body,
    );
  }

  show(...children: (Node | string)[]): void {
    replace(this.body, ...children);
  }

  /** In place of a content: why there is none. */
  say(why: string): void {
    this.show(element("p", { class: "empty" }, why));
  }

  /** Which part of what there is stands here; empty: all of it does. */
  showsOnly(part: string): void {
    this.part.textContent = part;
    if (part === "") this.part.remove();
    else this.tools.prepend(this.part);
  }

  addTool(tool: HTMLElement): void {
    this.tools.append(tool);
  }
}

/** A panel with a figure. */
export class FigurePanel extends Panel {
  private canvas: Canvas | undefined;
  private readonly host = element("div", { class: "figure", role: "img" });
  private figure: Figure | undefined;
  private readonly numbers = element("button", { type: "button", "aria-pressed": "false" }, "Numbers");
  private clicked: ((name: string) => void) | undefined;
  private brushed: ((ends: [number, number] | undefined) => void) | undefined;

  constructor(title: string, size: { columns?: 4 | 6 | 8 | 12; tall?: boolean } = {}) {
    super(title, size);
    this.numbers.addEventListener("click", () => {
      this.numbers.setAttribute("aria-pressed", String(this.numbers.getAttribute("aria-pressed") !== "true"));
      this.refresh();
    });
    this.numbers.setAttribute("aria-label", `Numbers of ${title}`);
    this.addTool(this.numbers);
  }

  onClick(then: (name: string) => void): void {
    this.clicked = then;
  }

  onBrush(then: (ends: [number, number] | undefined) => void): void {
    this.brushed = then;
  }

  draw(figure: Figure): void {
    this.figure = figure;
    this.refresh();
  }

  override say(why: string): void {
    this.figure = undefined;
    this.dropCanvas();
    super.say(why);
  }

  dispose(): void {
    this.dropCanvas();
  }

  private refresh(): void {
    if (!this.figure) return;
    const { rows, columns } = this.figure.table;
    if (rows.length === 0) {
      this.say("nothing in this time range");
      return;
    }
    if (this.numbers.getAttribute("aria-pressed") === "true") {
      this.dropCanvas();
      this.show(tableOf(this.figure.table, this.title));
      return;
    }
    this.host.setAttribute(
      "aria-label",
      `${this.title}: ${rows.length} rows of ${columns.join(", ")}; the button Numbers shows them`,
    );
    if (!this.canvas) {
      this.show(this.host);
      this.canvas = new Canvas(this.host);
      if (this.clicked) this.canvas.onClick(this.clicked);
      if (this.brushed) this.canvas.onBrush(this.brushed);
    }
    this.canvas.show(this.figure.draw);
    if (this.brushed) requestAnimationFrame(() => this.canvas?.brushes());
  }

  private dropCanvas(): void {
    this.canvas?.dispose();
    this.canvas = undefined;
  }
}
