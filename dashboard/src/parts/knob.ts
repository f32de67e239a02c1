// A number or a text of the running world with the means to change it: a slider up to a few times what it is now, and the value itself.

import { element } from "../dom.ts";

/** Told when the user lets go, not while the slider moves. */
export function knob(name: string, value: number | string, changed: (next: number | string) => void): HTMLElement {
  if (typeof value === "string") {
    const input = element("input", { type: "text", name, value, onchange: () => changed(input.value.trim()) });
    return element("label", { class: "knob" }, element("span", {}, name), input);
  }
  const step = Number.isInteger(value) ? Math.max(1, 10 ** Math.floor(Math.log10(Math.max(1, value)) - 1)) : value / 20;
  const exact = element("input", {
    type: "number",
    name,
    step: "any",
    value,
    "aria-label": `${name}, exactly`,
    onchange: () => changed(Number(exact.value)),
  });
  const slider = element("input", {
    type: "range",
    name,
    min: 0,
    max: value > 0 ? value * 4 : 1,
    step,
    value,
    "aria-label": name,
    oninput: () => {
      exact.value = slider.value;
    },
    onchange: () => changed(Number(slider.value)),
  });
  return element("div", { class: "knob" }, element("span", { "aria-hidden": "true" }, name), slider, exact);
}
