// What a page is: made when it is gone to, asked to load at first, whenever the URL's filters changed and when there is news; thrown away when
// it is left. A failed load says so on the page and is tried again with the next news.

import type { FigurePanel } from "./parts/panel.ts";
import type { Place } from "./place.ts";
import type { Range } from "./range.ts";
import type { Stream } from "./stream.ts";

export interface Context {
  place: Place;
  stream: Stream;
}

export interface Loading {
  place: Place;
  range: Range;
  /** Aborted when another load begins or the page is left. */
  signal: AbortSignal;
}

export abstract class Page {
  abstract readonly title: string;
  /** Besides what is in `root`, in the page's head: filters. */
  readonly filters: HTMLElement[] = [];
  readonly root = document.createElement("div");
  private readonly figures: FigurePanel[] = [];
  private readonly ends: (() => void)[] = [];

  constructor(protected readonly context: Context) {
    this.root.className = "grid";
  }

  /** Whether windows and alerts that come in are a reason to load again. */
  readonly live: boolean = true;

  abstract load(loading: Loading): Promise<void>;

  dispose(): void {
    for (const figure of this.figures) figure.dispose();
    for (const end of this.ends) end();
  }

  /** Keeps a figure's panel to be thrown away with the page. */
  protected keep<T extends FigurePanel>(panel: T): T {
    this.figures.push(panel);
    this.root.append(panel.root);
    return panel;
  }

  protected untilLeft(end: () => void): void {
    this.ends.push(end);
  }
}
