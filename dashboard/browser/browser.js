// A real browser, and what tests ask of its pages.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { chromium } from "playwright-core";

const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";
const screenshots = process.env.SCREENSHOTS ?? join("..", "build", "screenshots");

export async function launch() {
  return chromium.launch({ executablePath: executable, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

/** A tab that remembers what the console said. */
export class Tab {
  /** What the page complained about. A test that takes the server away expects some, and empties it. */
  complaints = [];

  static async open(browser, look = {}) {
    const tab = new Tab();
    tab.page = await browser.newPage({ viewport: { width: 1360, height: 900 }, reducedMotion: "reduce", ...look });
    tab.page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()))
        tab.complaints.push(`${message.text()} ${message.location().url}`);
    });
    tab.page.on("pageerror", (error) => tab.complaints.push(String(error.stack)));
    return tab;
  }

  /** Goes to a page of the dashboard and waits until it has loaded. */
  async go(site, place) {
    await this.page.goto(`${site.address}/#/${place}`);
    await this.settled();
  }

  async settled() {
    await this.page.waitForSelector('main[aria-busy="false"]', { timeout: 20_000 });
    await this.page.waitForFunction(() => !document.querySelector("main .figure:not(:has(canvas))"));
  }

  panel(title) {
    return this.page.getByRole("region", { name: title, exact: true });
  }

  /** The rows behind a panel's button Numbers: texts, and numbers as they are. */
  async numbers(title) {
    const button = this.page.getByRole("button", { name: `Numbers of ${title}`, exact: true });
    await button.click();
    const rows = await this.panel(title)
      .first()
      .locator("tbody tr")
      .evaluateAll((all) =>
        all.map((row) =>
          [...row.children].map((cell) =>
            cell.hasAttribute("data-value") ? Number(cell.getAttribute("data-value")) : cell.textContent,
          ),
        ),
      );
    await button.click();
    return rows;
  }

  async tile(name) {
    return this.page
      .locator(".tile", { has: this.page.getByText(name, { exact: true }) })
      .locator("dd")
      .textContent();
  }

  /** No serious fault by axe-core's rules. */
  async checkAccessibility() {
    await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run(document));
    const serious = violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .map(({ html }) => html)
            .join(" ")
            .slice(0, 300)}`,
      );
    assert.deepEqual(serious, []);
  }

  async screenshot(name) {
    mkdirSync(screenshots, { recursive: true });
    await this.page.evaluate(() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then))));
    await this.page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  }

  checkConsole() {
    assert.deepEqual(this.complaints, []);
  }
}
