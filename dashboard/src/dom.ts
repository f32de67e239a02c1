// Elements, made in one call. Text goes in as text, never as HTML: what a topic holds is other people's.

type Handler = (event: Event) => void;
export type Attributes = Record<string, string | number | boolean | Handler | undefined>;
export type Child = Node | string;

/** `onclick` and its like take functions; `true` sets an attribute without a value, `false` and `undefined` leave it out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.replace(/^on/, ""), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

export function replace(host: Element, ...children: Child[]): void {
  host.replaceChildren(...children);
}
