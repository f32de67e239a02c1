// The running world: not every server has one. `throng serve` over a store says so.

import { get, serves } from "../api.ts";
import type { Fields } from "../documents.ts";
import { element } from "../dom.ts";
import * as format from "../format.ts";
import { type Context, Page } from "../page.ts";
import { Panel } from "../parts/panel.ts";

export class World extends Page {
  readonly title = "World";
  private readonly state = new Panel("The running world", { columns: 12 });

  constructor(context: Context) {
    super(context);
    this.root.append(this.state.root);
  }

  async load(): Promise<void> {
    if (!(await serves("/api/world"))) {
      this.state.say("Not served here: no world runs in this process. `throng run SCENARIO --serve` has one.");
      return;
    }
    const world = await get<Fields>("/api/world");
    this.state.show(
      element(
        "dl",
        { class: "fields" },
        ...Object.entries(world).flatMap(([name, value]) => [
          element("dt", {}, name),
          element("dd", {}, format.value(value)),
        ]),
      ),
    );
  }
}
