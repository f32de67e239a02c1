// Which page is shown, when it loads, and what is said when that fails.

import { Problem } from "./api.ts";
import type { Context, Loading, Page } from "./page.ts";
import { Alerts } from "./pages/alerts.ts";
import { Bank } from "./pages/bank.ts";
import { City } from "./pages/city.ts";
import { Detection } from "./pages/detection.ts";
import { EntityPage } from "./pages/entity.ts";
import { Kafka } from "./pages/kafka.ts";
import { Overview } from "./pages/overview.ts";
import { PipelinePage } from "./pages/pipeline.ts";
import { Web } from "./pages/web.ts";
import { World } from "./pages/world.ts";
import { here } from "./place.ts";
import { resolve } from "./range.ts";
import { Shell } from "./shell.ts";
import { Stream } from "./stream.ts";
import "./style.css";
import * as theme from "./theme.ts";

const pages: Record<string, new (context: Context) => Page> = {
  overview: Overview,
  city: City,
  web: Web,
  bank: Bank,
  detection: Detection,
  alerts: Alerts,
  pipelines: PipelinePage,
  entities: EntityPage,
  world: World,
  kafka: Kafka,
};

/** With news, a page loads again at most this often: fifty events a second must not become fifty times the requests. A page that is slow to
 * load waits longer, so that at most a fifth of the time goes into it. */
const pause_ms = 2000;
const pause_of_load = 4;

class Application {
  private readonly stream = new Stream();
  private readonly shell = new Shell(document.body);
  private page: Page | undefined;
  private path = "";
  private loading: AbortController | undefined;
  private due: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private took = 0;

  start(): void {
    theme.start();
    window.addEventListener("hashchange", () => this.arrive());
    let away = false;
    this.stream.on("health", (health) => {
      this.shell.tell(health);
      if (health === "live" && away) void this.load();
      away = health !== "live";
    });
    for (const kind of ["alert", "window"] as const)
      this.stream.on(kind, () => {
        if (this.page?.live) this.soon(Math.max(pause_ms, pause_of_load * this.took));
      });
    this.stream.on("lost", () => void this.load());
    this.shell.tell("connecting");
    this.arrive();
    this.stream.open();
  }

  private arrive(): void {
    const place = here();
    const path = place.path.join("/");
    if (path !== this.path || !this.page) {
      this.page?.dispose();
      this.path = path;
      this.page = new (pages[place.path[0] ?? ""] ?? Overview)({ place, stream: this.stream });
      this.shell.main.replaceChildren(this.page.root);
    }
    this.shell.arrive(place, this.page.title, this.page.filters);
    void this.load();
  }

  private soon(milliseconds: number): void {
    this.due ??= setTimeout(() => {
      this.due = undefined;
      void this.load();
    }, milliseconds);
  }

  private async load(): Promise<void> {
    const { page } = this;
    if (!page) return;
    this.loading?.abort();
    clearTimeout(this.due);
    this.due = undefined;
    this.loading = new AbortController();
    const { signal } = this.loading;
    const place = here();
    const began = performance.now();
    this.shell.main.setAttribute("aria-busy", "true");
    try {
      const loading: Loading = { place, range: await resolve(place, signal), signal };
      await page.load(loading);
      if (signal.aborted) return;
      this.failures = 0;
      this.took = performance.now() - began;
      this.shell.complain("");
    } catch (error) {
      if (signal.aborted) return;
      this.failures++;
      this.shell.complain(sentence(error));
      this.soon(Math.min(30_000, 1000 * 2 ** this.failures));
    }
    this.shell.main.setAttribute("aria-busy", "false");
  }
}

function sentence(error: unknown): string {
  if (error instanceof Problem) return error.status === 0 ? `${error.message}; trying again` : error.message;
  return error instanceof Error ? error.message : String(error);
}

new Application().start();
