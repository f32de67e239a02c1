// What happens while somebody looks: news without a reload, a server that goes and comes back, an empty store, a hundred thousand alerts.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch, Tab } from "./browser.js";
import { Site, throng } from "./program.js";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** @param serve what serves it: a store alone, if not said otherwise */
async function withSite(fill, look, serve = (site) => site.serve()) {
  const site = new Site();
  fill(site);
  await serve(site);
  const tab = await Tab.open(browser);
  try {
    await look(site, tab);
  } finally {
    await tab.page.close();
    await site.end();
  }
}

const quiet = ["--duration", "10m", "--set", "populations.sensors.count=60", "--set", "incidents=[]"];
const busy = ["--duration", "25m", "--set", "populations.sensors.count=60"];

describe("live", () => {
  it("an alert appears without a reload", () =>
    withSite(
      (site) => site.run("smart-city", ...quiet),
      async (site, tab) => {
        await tab.go(site, "overview");
        await tab.page.getByText("no alert in this time range").waitFor();
        await tab.page.locator('.health[data-health="live"]').waitFor();
        await tab.page.getByText("Alerts a second, now").waitFor(); // the stream knows what was there
        await tab.page.evaluate(() => {
          globalThis.neverReloaded = true;
        });
        site.run("smart-city", ...busy);
        await tab.page.locator(".ticker .alert-line").first().waitFor({ timeout: 20_000 });
        const { items } = await site.ask("/api/alerts", { limit: 0 });
        const shown = await tab.page.locator(".ticker .alert-line").first().getAttribute("data-id");
        assert.ok(items.some(({ id }) => id === shown));
        await tab.page.waitForFunction(
          (count) =>
            [...document.querySelectorAll(".tile")].some((tile) => tile.textContent === `Alerts in range${count}`),
          items.length,
        );
        assert.equal(await tab.page.evaluate(() => globalThis.neverReloaded), true);
        tab.checkConsole();
      },
    ));

  it("a server that is gone is said, and the page goes on when it is back", () =>
    withSite(
      (site) => site.run("smart-city", ...busy),
      async (site, tab) => {
        await tab.go(site, "overview");
        await tab.page.locator('.health[data-health="live"]').waitFor();
        await site.stop();
        await tab.page.getByRole("status").getByText("the server does not answer").waitFor();
        await tab.page.locator("select[name=last]").selectOption("1h");
        await tab.page.getByRole("alert").getByText("the server does not answer; trying again").waitFor();
        await site.serve();
        await tab.page.locator('.health[data-health="live"]').waitFor({ timeout: 30_000 });
        await tab.page.locator(".trouble").waitFor({ state: "hidden", timeout: 30_000 });
        const { items } = await site.ask("/api/alerts", { limit: 0 });
        assert.equal(await tab.tile("Alerts in range"), String(items.length));
      },
    ));

  it("a running world is watched and changed", () =>
    withSite(
      () => undefined,
      async (site, tab) => {
        await tab.go(site, "world");
        await tab.page.getByText("Its time").waitFor();
        const count = tab.page.getByLabel("count, exactly").first();
        await count.fill("80");
        await count.press("Enter");
        await tab.page.getByRole("list", { name: "Changes" }).getByText('"populations.sensors.count":80').waitFor();
        assert.equal((await site.ask("/api/world")).populations.sensors.count, 80);
        const late = tab.page.getByRole("slider", { name: "late" });
        await late.focus();
        await late.press("End");
        await tab.page.getByRole("list", { name: "Changes" }).getByText('"trouble.late"').waitFor();
        assert.ok((await site.ask("/api/world")).trouble.late > 0.001);
        await tab.page.getByRole("button", { name: "sensor.stuck" }).click();
        await tab.page.getByRole("list", { name: "Changes" }).getByText('"kind":"sensor.stuck"').waitFor();
        await tab.page.getByRole("button", { name: "Pause" }).click();
        await tab.page.getByRole("button", { name: "Resume" }).waitFor();
        assert.equal((await site.ask("/api/world")).paused, true);
        await tab.checkAccessibility();
        await tab.screenshot("world");
        await tab.page.getByRole("button", { name: "Resume" }).click();
        await tab.page.getByRole("button", { name: "Pause" }).waitFor();
        await tab.go(site, "overview");
        await tab.page.getByText("Consumer lag").waitFor();
        tab.checkConsole();
      },
      (site) =>
        site.live(
          "smart-city",
          "--speed",
          "60",
          "--duration",
          "30d",
          "--set",
          "populations.sensors.count=60",
          "--set",
          "step=100ms",
        ),
    ));

  it("an empty store is shown as what it is", () =>
    withSite(
      (site) => site.analyze({ name: "quiet", source: "nothing", key: "id" }, []),
      async (site, tab) => {
        for (const place of [
          "overview",
          "city",
          "web",
          "bank",
          "detection",
          "alerts",
          "pipelines/quiet",
          "entities/nobody",
        ]) {
          await tab.go(site, place);
          assert.ok((await tab.page.locator(".empty, .note").count()) > 0, place);
          assert.equal(await tab.page.locator(".trouble").isVisible(), false, place);
        }
        // The browser itself tells its console of the 404s that mean "no truth here" and "no such entity".
        assert.deepEqual(
          tab.complaints.filter((each) => !each.includes("404")),
          [],
        );
      },
    ));

  it("what verdicts have taught is told beside the alerts", () =>
    withSite(
      (site) => {
        let random = 1;
        const noise = () => {
          random = (random * 48_271) % 2_147_483_647;
          return random / 2_147_483_647;
        };
        const readings = Array.from({ length: 2_000 }, (_, minute) => ({
          room: "r0",
          at: new Date(1_767_600_000_000 + minute * 60_000).toISOString(),
          t: 20 + noise() + noise() + (minute > 1_000 && minute % 300 === 0 ? 15 : 0),
        }));
        site.analyze(
          {
            name: "rooms",
            source: "rooms",
            key: "room",
            timestamp: "at",
            detect: [{ name: "odd", detector: "hampel", field: "t" }],
          },
          readings,
        );
      },
      async (site, tab) => {
        const [alert] = (await site.ask("/api/alerts")).items;
        throng("alerts", "wrong", alert.id, "--by", "ann", "--note", "being cleaned", "--store", site.store);
        const [change] = (await site.ask("/api/thresholds")).items;
        await tab.go(site, "alerts?last=all");
        const row = tab.panel("Thresholds, as verdicts have taught them: the score that rings").locator("tbody tr");
        const cells = await row.locator("td").allTextContents();
        assert.deepEqual(cells.slice(1, 6), ["ann", "rooms", "odd", "r0", "wrong"]);
        assert.deepEqual(cells.slice(7), [
          "detector's own",
          change.to.toLocaleString("en", { maximumSignificantDigits: 9 }),
          "being cleaned",
        ]);
        await tab.checkAccessibility();
        await tab.go(site, "alerts?last=all&entity=r1");
        assert.equal(await row.isVisible(), false);
      },
    ));

  it("a hundred thousand alerts are a list that is fetched and drawn as it is scrolled", { timeout: 120_000 }, () =>
    withSite(
      (site) =>
        site.analyze(
          {
            name: "loud",
            source: "ticks",
            key: "id",
            timestamp: "at",
            rules: [{ name: "each", when: { n: { $gte: 0 } }, severity: "info", reason: "tick {n}" }],
          },
          Array.from({ length: 100_000 }, (_, n) => ({
            id: `e${n % 100}`,
            at: new Date(1_767_600_000_000 + n * 50).toISOString(),
            n,
          })),
        ),
      async (site, tab) => {
        await tab.go(site, "alerts?last=all");
        await tab.page.locator(".virtual .alert-line").first().getByText("tick 99999", { exact: true }).waitFor();
        const list = tab.page.locator(".virtual");
        const length = () => list.evaluate((it) => it.firstElementChild.clientHeight / 30);
        for (let before_ = 0; (await length()) < 3000; ) {
          before_ = await length();
          await list.evaluate((it) => it.scrollTo(0, it.scrollHeight));
          await tab.page.waitForFunction(
            (height) => document.querySelector(".virtual").firstElementChild.clientHeight / 30 > height,
            before_,
          );
        }
        assert.ok((await tab.page.locator(".virtual .alert-line").count()) < 100, "only what is in sight is drawn");
        assert.match(await tab.page.locator(".note[role=status]").textContent(), /fetched, and more/);
        tab.checkConsole();
      },
    ),
  );
});
