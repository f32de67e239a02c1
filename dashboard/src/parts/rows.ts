// A table of documents: which columns, from which of their fields.

import { element } from "../dom.ts";
import * as format from "../format.ts";

const most_rows = 300;

/** The value at a dotted path. */
export function at(document: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, name) =>
        value !== null && typeof value === "object" ? (value as Record<string, unknown>)[name] : undefined,
      document,
    );
}

export class Rows {
  /** @param columns their headings and the paths of their values */
  constructor(
    private readonly caption: string,
    private readonly columns: Record<string, string>,
  ) {}

  /** @param special an element for a cell that is more than text */
  of(documents: unknown[], special?: (column: string, value: unknown) => HTMLElement | undefined): HTMLElement {
    if (documents.length === 0) return element("p", { class: "empty" }, "nothing matches");
    const shown = documents.slice(0, most_rows);
    return element(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": this.caption },
      element(
        "table",
        {},
        element(
          "thead",
          {},
          element("tr", {}, ...Object.keys(this.columns).map((name) => element("th", { scope: "col" }, name))),
        ),
        element("tbody", {}, ...shown.map((each) => this.row(each, special))),
      ),
      ...(documents.length > most_rows
        ? [element("p", { class: "note" }, `the first ${most_rows} of ${format.number(documents.length)}`)]
        : []),
    );
  }

  private row(document: unknown, special?: (column: string, value: unknown) => HTMLElement | undefined): HTMLElement {
    return element(
      "tr",
      {},
      ...Object.entries(this.columns).map(([name, path]) => {
        const value = at(document, path);
        const text =
          /^(time|start|end|from|until)$/.test(path) && typeof value === "string"
            ? format.time(value)
            : format.value(value);
        return element(
          "td",
          { class: typeof value === "number" ? "number" : undefined },
          special?.(name, value) ?? text,
        );
      }),
    );
  }
}
