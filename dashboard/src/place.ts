// Where the user is: the page, the time range and the filters, all in the URL behind `#`, so that a link shows the same.

export interface Place {
  /** As in ["pipelines", "city-climate"]; never empty. */
  path: string[];
  query: Record<string, string>;
}

export function parse(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const parts = path.split("/").filter((part) => part !== "");
  return {
    path: parts.length === 0 ? ["overview"] : parts.map(decodeURIComponent),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

export function format(place: Place): string {
  const query = new URLSearchParams(Object.entries(place.query).filter(([, value]) => value !== "")).toString();
  return `#/${place.path.map(encodeURIComponent).join("/")}${query === "" ? "" : `?${query}`}`;
}

export function here(): Place {
  return parse(location.hash);
}

/** The same page with other filters; an empty text removes one. Not a step of its own in the browser's history. */
export function adjust(changes: Record<string, string>): void {
  const place = here();
  const next = format({ path: place.path, query: { ...place.query, ...changes } });
  if (next === format(place)) return;
  history.replaceState(null, "", next);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

/** A link to another page that keeps the time range. */
export function link(path: string[], query: Record<string, string> = {}): string {
  const { last = "", from = "", to = "" } = here().query;
  return format({ path, query: { last, from, to, ...query } });
}
