// The token that a server may want for changes: kept as long as this page is open, and nowhere else.

import { element } from "../dom.ts";

let token = "";

export function currentToken(): string {
  return token;
}

export function tokenField(): HTMLElement {
  const input = element("input", {
    type: "password",
    name: "token",
    autocomplete: "off",
    oninput: () => {
      token = input.value;
    },
  });
  input.value = token;
  return element("label", { class: "field" }, element("span", {}, "Token, where the server wants one"), input);
}
