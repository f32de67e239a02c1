// A row of single figures.

import { element } from "../dom.ts";

export class Tiles {
  readonly root = element("dl", { class: "tiles span-12" });
  private readonly values = new Map<string, HTMLElement>();

  set(name: string, text: string, tone?: "warning" | "critical"): void {
    let value = this.values.get(name);
    if (!value) {
      value = element("dd", {});
      this.values.set(name, value);
      this.root.append(element("div", { class: "tile" }, element("dt", {}, name), value));
    }
    if (value.textContent !== text) value.textContent = text;
    value.className = tone ?? "";
  }
}
