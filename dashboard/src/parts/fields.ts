// Filters of a page: each is a field whose value is in the URL.

import { element } from "../dom.ts";
import { adjust, here } from "../place.ts";

/** A choice; the first of `options` is what an empty value means. */
export function choice(name: string, label: string, options: [value: string, shown: string][]): HTMLElement {
  const select = element(
    "select",
    { name, onchange: () => adjust({ [name]: select.value }) },
    ...options.map(([value, shown]) => element("option", { value }, shown)),
  );
  select.value = here().query[name] ?? "";
  if (select.selectedIndex < 0) select.selectedIndex = 0;
  return element("label", { class: "field" }, element("span", {}, label), select);
}

/** A text, taken over on Enter or when the field is left. */
export function text(name: string, label: string, placeholder = ""): HTMLElement {
  const input = element("input", {
    name,
    type: "search",
    placeholder,
    value: here().query[name] ?? "",
    onchange: () => adjust({ [name]: input.value.trim() }),
  });
  return element("label", { class: "field" }, element("span", {}, label), input);
}
