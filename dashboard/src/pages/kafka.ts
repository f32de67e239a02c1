// Topics and consumer groups, where the server has a cluster to ask.

import { get, serves } from "../api.ts";
import type { Fields, List } from "../documents.ts";
import * as format from "../format.ts";
import { type Context, Page } from "../page.ts";
import { Panel, tableOf } from "../parts/panel.ts";

export class Kafka extends Page {
  readonly title = "Kafka";
  private readonly topics = new Panel("Topics", { columns: 12, tall: true });
  private readonly groups = new Panel("Consumer groups", { columns: 12, tall: true });

  constructor(context: Context) {
    super(context);
    this.root.append(this.topics.root, this.groups.root);
  }

  async load(): Promise<void> {
    await Promise.all([this.list(this.topics, "/api/topics"), this.list(this.groups, "/api/groups")]);
  }

  private async list(panel: Panel, path: string): Promise<void> {
    if (!(await serves(path))) {
      panel.say("Not served here: this server has a store, and no Kafka to ask.");
      return;
    }
    const { items } = await get<List<Fields>>(path);
    const columns = [...new Set(items.flatMap((each) => Object.keys(each)))];
    const rows = items.map((each) => columns.map((name) => format.value(each[name])));
    if (items.length === 0) panel.say("there are none");
    else panel.show(tableOf({ columns, rows }, panel.title));
  }
}
