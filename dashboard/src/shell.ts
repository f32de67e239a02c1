// The frame around every page: where one can go, the time range, whether server and store are there.

import { element, replace } from "./dom.ts";
import { adjust, link, type Place } from "./place.ts";
import { choices, chosen } from "./range.ts";
import type { Health } from "./stream.ts";
import * as theme from "./theme.ts";

const destinations: [string, string][] = [
  ["overview", "Overview"],
  ["city", "City"],
  ["web", "Web"],
  ["bank", "Bank"],
  ["detection", "Detection"],
  ["alerts", "Alerts"],
  ["pipelines", "Pipelines"],
  ["world", "World"],
  ["kafka", "Kafka"],
];

const said: Record<Health, string> = {
  connecting: "connecting …",
  live: "live",
  "store gone": "the store does not answer",
  "server gone": "the server does not answer",
};

export class Shell {
  readonly main = element("main", { id: "main", tabindex: -1 });
  private readonly nav = element("nav", { "aria-label": "Pages" });
  private readonly title = element("h1", {});
  private readonly filters = element("div", { class: "filters", role: "group", "aria-label": "Filters" });
  private readonly health = element("span", { class: "health", role: "status" });
  private readonly trouble = element("p", { class: "trouble", role: "alert", hidden: true });

  constructor(host: HTMLElement) {
    const button = element(
      "button",
      { type: "button", class: "theme", "aria-label": "Dark or light", onclick: () => theme.toggle() },
      "◐",
    );
    replace(
      host,
      element(
        "a",
        {
          class: "skip",
          href: "#main",
          onclick: (event) => {
            event.preventDefault(); // the part behind # is the page's own
            this.main.focus();
          },
        },
        "To the content",
      ),
      element(
        "header",
        { class: "top" },
        element("a", { class: "brand", href: "#/overview" }, "Throng"),
        this.nav,
        this.health,
        button,
      ),
      element("div", { class: "head" }, this.title, this.filters),
      this.trouble,
      this.main,
    );
  }

  /** Another page, or another place in it. */
  arrive(place: Place, title: string, filters: HTMLElement[]): void {
    const [page] = place.path;
    replace(
      this.nav,
      ...destinations.map(([name, shown]) =>
        element("a", { href: link([name]), "aria-current": name === page ? "page" : undefined }, shown),
      ),
    );
    this.title.textContent = title;
    document.title = `${title} · Throng`;
    const focused = document.activeElement;
    if (!focused || !this.filters.contains(focused)) replace(this.filters, rangeField(place), ...filters);
    // A link or the way back may have changed what they say.
    for (const field of this.filters.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[name]")) {
      if (field === focused || field.name === "last") continue;
      field.value = place.query[field.name] ?? "";
      if (field instanceof HTMLSelectElement && field.selectedIndex < 0) field.selectedIndex = 0;
    }
  }

  /** @param why empty: all is well */
  complain(why: string): void {
    this.trouble.hidden = why === "";
    this.trouble.textContent = why;
  }

  tell(health: Health): void {
    this.health.textContent = said[health];
    this.health.dataset.health = health;
  }
}

function rangeField(place: Place): HTMLElement {
  const now = chosen(place);
  const custom =
    now === "custom" ? `${place.query.from ?? "…"} to ${place.query.to ?? "now"}`.replace(/:\d\d(\.\d+)?Z/g, "Z") : "";
  const select = element(
    "select",
    {
      name: "last",
      onchange: () => {
        if (select.value !== "custom") adjust({ last: select.value, from: "", to: "" });
      },
    },
    ...Object.keys(choices).map((name) => element("option", { value: name }, `last ${name}`)),
    element("option", { value: "all" }, "all there is"),
    ...(custom ? [element("option", { value: "custom" }, custom)] : []),
  );
  select.value = now;
  return element("label", { class: "field" }, element("span", {}, "Time"), select);
}
