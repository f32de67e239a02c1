// Topics, their messages, and consumer groups, where the server has a cluster to ask.

import { get, serves } from "../api.ts";
import type { Fields, List, Value } from "../documents.ts";
import { element } from "../dom.ts";
import * as format from "../format.ts";
import { type Context, type Loading, Page } from "../page.ts";
import { choice, text } from "../parts/fields.ts";
import { Panel } from "../parts/panel.ts";
import { Rows } from "../parts/rows.ts";
import { adjust } from "../place.ts";

interface Topic {
  topic: string;
  replication: number;
  messages: number;
  partitions: { partition: number; first: number; end: number }[];
}

interface Group {
  group: string;
  state: string;
  members: number;
  lag: number;
  partitions: {
    topic: string;
    partition: number;
    committed: number | null;
    end: number;
    lag: number;
    member: string;
  }[];
}

interface Message {
  partition: number;
  offset: number;
  time: string | null;
  key: string | null;
  headers: [string, string][];
  value: Value;
}

interface Search extends List<Message> {
  looked_at: number;
  at_end: boolean;
}

export class Kafka extends Page {
  readonly title = "Kafka";
  override readonly live = false; // a cluster is asked when somebody looks, not with every window
  private readonly topics = new Panel("Topics", { tall: true });
  private readonly groups = new Panel("Consumer groups", { tall: true });
  private readonly messages = new Panel("Messages", { columns: 12, tall: true });

  constructor(context: Context) {
    super(context);
    this.root.append(this.topics.root, this.groups.root, this.messages.root);
    this.filters.push(
      text("topic", "Topic", "iot.readings"),
      text("key", "Key", "sensor-000007"),
      text("where", "Values like", '{"temperature": {"$gt": 30}}'),
      choice("start", "Look", [
        ["", "at the last 100 a partition"],
        ["-1000", "at the last 1,000 a partition"],
        ["earliest", "from the beginning"],
      ]),
    );
  }

  async load(loading: Loading): Promise<void> {
    if (!(await serves("/api/topics"))) {
      for (const panel of [this.topics, this.groups, this.messages])
        panel.say(
          "Not served here: this server has a store, and no Kafka to ask. `throng serve --brokers HOST:PORT` has.",
        );
      return;
    }
    await Promise.all([this.loadTopics(loading), this.loadGroups(loading), this.loadMessages(loading)]);
  }

  private async loadTopics({ signal }: Loading): Promise<void> {
    const { items } = await get<List<Topic>>("/api/topics", {}, signal);
    const rows = new Rows("Topics", {
      Topic: "topic",
      Partitions: "partitions.length",
      Copies: "replication",
      Messages: "messages",
      "Offsets by partition": "offsets",
    });
    const shown = items.map((each) => ({
      ...each,
      offsets: each.partitions.map(({ first, end }) => `${first}–${end}`).join("  "),
    }));
    this.topics.show(
      rows.of(shown, (column, value) =>
        column === "Topic"
          ? element("button", { type: "button", onclick: () => adjust({ topic: String(value) }) }, String(value))
          : undefined,
      ),
    );
  }

  private async loadGroups({ signal }: Loading): Promise<void> {
    const { items } = await get<List<Group>>("/api/groups", {}, signal);
    const rows = new Rows("Consumer groups", {
      Group: "group",
      State: "state",
      Topic: "topic",
      Partition: "partition",
      Committed: "committed",
      End: "end",
      Lag: "lag",
      "Read by": "member",
    });
    this.groups.show(
      rows.of(
        items.flatMap(({ group, state, lag, partitions }) =>
          partitions.length === 0 ? [{ group, state, lag }] : partitions.map((each) => ({ ...each, group, state })),
        ),
      ),
    );
  }

  private async loadMessages({ place, signal }: Loading): Promise<void> {
    const { topic, key, where, start } = place.query;
    if (!topic) return this.messages.say("choose a topic");
    const found = await get<Search>(
      `/api/topics/${encodeURIComponent(topic)}/messages`,
      { key, where, start, limit: 300 },
      signal,
    );
    const rows = new Rows("Messages", {
      Partition: "partition",
      Offset: "offset",
      Time: "time",
      Key: "key",
      Headers: "headers",
      Value: "value",
    });
    this.messages.show(
      element(
        "p",
        { class: "note", role: "status" },
        `${format.number(found.items.length)} messages match of ${format.number(found.looked_at)} looked at${found.at_end ? "" : "; there are more"}`,
      ),
      rows.of(found.items satisfies Message[] as unknown as Fields[]),
    );
  }
}
