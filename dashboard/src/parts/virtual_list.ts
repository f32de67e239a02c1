// A list of any length of which only the rows in sight are in the document. Pages are fetched as the end comes near.

import { element, replace } from "../dom.ts";

export interface Page<T> {
  items: T[];
  more: boolean;
}

export class VirtualList<T> {
  readonly root: HTMLElement;
  private readonly space = element("div", { class: "space", role: "list" });
  private items: T[] = [];
  private more = true;
  private loading = false;
  private epoch = 0;
  private frame = 0;

  /**
   * @param row makes the element of an item; all are `height` pixels high
   * @param next the page after `count` items; called one at a time
   */
  constructor(
    label: string,
    private readonly height: number,
    private readonly row: (item: T) => HTMLElement,
    private readonly next: (count: number) => Promise<Page<T>>,
    private readonly failed: (error: unknown) => void,
  ) {
    this.root = element(
      "div",
      { class: "virtual scroll", tabindex: 0, role: "region", "aria-label": label },
      this.space,
    );
    this.root.addEventListener("scroll", () => this.draw(), { passive: true });
  }

  get length(): number {
    return this.items.length;
  }

  /** Forgets all and fetches the first page. */
  async restart(): Promise<void> {
    this.epoch++;
    this.items = [];
    this.more = true;
    this.loading = false;
    this.root.scrollTop = 0;
    await this.fetch();
  }

  /** What is new comes on top; who reads further down is not moved. */
  prepend(item: T): void {
    this.items.unshift(item);
    if (this.root.scrollTop > 0) this.root.scrollTop += this.height;
    this.draw();
  }

  private async fetch(): Promise<void> {
    if (this.loading || !this.more) return;
    this.loading = true;
    const epoch = this.epoch;
    try {
      const page = await this.next(this.items.length);
      if (epoch !== this.epoch) return;
      this.items.push(...page.items);
      this.more = page.more;
    } catch (error) {
      if (epoch !== this.epoch) return;
      this.more = false;
      this.failed(error);
    }
    this.loading = false;
    this.draw();
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      const first = Math.max(0, Math.floor(this.root.scrollTop / this.height) - 10);
      const count = Math.ceil(this.root.clientHeight / this.height) + 20;
      this.space.style.height = `${this.items.length * this.height}px`;
      const rows = this.items.slice(first, first + count).map((item, i) => {
        const row = this.row(item);
        row.setAttribute("role", "listitem");
        row.setAttribute("aria-posinset", String(first + i + 1));
        row.setAttribute("aria-setsize", this.more ? "-1" : String(this.items.length));
        row.style.top = `${(first + i) * this.height}px`;
        return row;
      });
      replace(this.space, ...rows);
      if (first + count >= this.items.length) void this.fetch();
    });
  }
}
