// The server's event stream: one connection for the whole page. The browser connects again by itself and says what it had;
// whoever listens hears of news, of events that were lost, and of whether server and store are there.

import type { Alert, WindowResult } from "./documents.ts";

export interface Rates {
  alerts: number;
  windows: number;
  seconds: number;
  /** Where the process itself works: of its analysis, and of its world since its begin. */
  lag?: number;
  restarts?: number;
  events?: number;
}

export type Health = "connecting" | "live" | "store gone" | "server gone";

export interface News {
  alert: Alert;
  window: WindowResult;
  rates: Rates;
  /** Events were lost: ask the API again. */
  lost: number;
  health: Health;
}

type Listener<T> = (news: T) => void;
type Listeners = { [K in keyof News]: Set<Listener<News[K]>> };

export class Stream {
  health: Health = "connecting";
  private readonly listeners: Listeners = {
    alert: new Set(),
    window: new Set(),
    rates: new Set(),
    lost: new Set(),
    health: new Set(),
  };
  private source: EventSource | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private last = "";

  open(): void {
    const source = new EventSource(this.last === "" ? "/api/stream" : `/api/stream?last_event_id=${this.last}`);
    this.source = source;
    source.onopen = () => this.became("live");
    source.onerror = () => {
      this.became("server gone");
      // A browser gives up for good on an answer that is no stream, such as a proxy's error page.
      if (source.readyState === EventSource.CLOSED) this.retry = setTimeout(() => this.open(), 2000);
    };
    this.hear(source, "alert", (text) => this.tell("alert", JSON.parse(text) as Alert));
    this.hear(source, "window", (text) => this.tell("window", JSON.parse(text) as WindowResult));
    this.hear(source, "rates", (text) => this.tell("rates", JSON.parse(text) as Rates));
    this.hear(source, "lost", (text) => this.tell("lost", (JSON.parse(text) as { events: number }).events));
    this.hear(source, "store", (text) => {
      const { status } = JSON.parse(text) as { status: string };
      this.became(status === "gone" ? "store gone" : "live");
    });
  }

  close(): void {
    clearTimeout(this.retry);
    this.source?.close();
  }

  /** @returns what ends it */
  on<K extends keyof News>(kind: K, listener: Listener<News[K]>): () => void {
    this.listeners[kind].add(listener);
    return () => this.listeners[kind].delete(listener);
  }

  private hear(source: EventSource, kind: string, then: (text: string) => void): void {
    source.addEventListener(kind, (event) => {
      if (event.lastEventId !== "") this.last = event.lastEventId;
      then(event.data as string);
    });
  }

  private tell<K extends keyof News>(kind: K, news: News[K]): void {
    for (const listener of this.listeners[kind]) listener(news);
  }

  private became(health: Health): void {
    if (this.health === health) return;
    this.health = health;
    this.tell("health", health);
  }
}
