// Each page shows the numbers that the API gives, in a browser that has nothing to complain about.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { launch, Tab } from "./browser.js";
import { Site } from "./program.js";

const site = new Site();
let browser;
let tab;

before(async () => {
  site.run(
    "metropolis",
    "--set",
    "populations.sensors.count=400",
    "--set",
    'record.topics=["bank.transactions","web.requests"]',
  );
  await site.serve();
  browser = await launch();
  tab = await Tab.open(browser);
});

after(async () => {
  await browser?.close();
  await site.end();
});

afterEach(() => tab.checkConsole());

/** Visits, looks, and leaves a picture. */
function page(name, place, check) {
  it(`${name} shows what the API says`, async () => {
    await tab.go(site, place);
    await check();
    await tab.checkAccessibility();
    await tab.screenshot(name);
  });
}

const everything = async (path, parameters = {}) => (await site.ask(path, { ...parameters, limit: 0 })).items;
const close = (a, b) => assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)), `${a} is not ${b}`);

describe("pages", () => {
  page("overview", "overview", async () => {
    const alerts = await everything("/api/alerts", { sort: "-time" });
    const [run] = await everything("/api/runs");
    assert.equal(await tab.tile("Alerts in range"), String(alerts.length));
    assert.equal(await tab.tile("Last run: events"), run.events.toLocaleString("en"));
    assert.equal(await tab.page.locator(".ticker .alert-line").first().getAttribute("data-id"), alerts[0].id);
    const perMinute = await tab.numbers("Alerts a minute by severity");
    const counted = perMinute.flatMap((row) => row.slice(1)).filter((cell) => typeof cell === "number");
    assert.equal(
      counted.reduce((a, b) => a + b, 0),
      alerts.length,
    );
    const sensors = await everything("/api/entities", { where: '{"topic":"iot.readings"}' });
    const shown = new Map((await tab.numbers("The city's sensors")).map((row) => [row[0], row]));
    assert.equal(shown.size, sensors.filter(({ message }) => typeof message.temperature === "number").length);
    for (const { entity, message } of sensors.slice(0, 20)) assert.equal(shown.get(entity)[3], message.temperature);
  });

  page("city", "city", async () => {
    const windows = await everything("/api/windows", {
      pipeline: "city-climate",
      window: "climate-1m",
      group: "district=district-03",
    });
    await tab.page.locator("input[name=district]").fill("district-03");
    await tab.page.locator("input[name=district]").press("Enter");
    await tab.settled();
    assert.match(tab.page.url(), /district=district-03/);
    const rows = await tab.numbers("Mean temperature by district, °C");
    assert.equal(rows.length, windows.length);
    for (const [i, row] of rows.entries()) close(row[1], windows[i].temperature.mean);
    await tab.page.locator("input[name=district]").fill("");
    await tab.page.locator("input[name=district]").press("Enter");
    await tab.settled();
    const sensors = await everything("/api/entities", { where: '{"topic":"iot.readings"}' });
    const bands = await tab.numbers("Sensors by CO2");
    assert.equal(
      bands.reduce((sum, row) => sum + row[1], 0),
      sensors.filter(({ message }) => typeof message.co2_level === "number").length,
    );
    const dampest = Math.max(...sensors.map(({ message }) => message.humidity ?? 0));
    close((await tab.numbers("Mean humidity by sensor, %"))[0][1], dampest);
  });

  page("web", "web", async () => {
    const traffic = await everything("/api/windows", { pipeline: "web-traffic", window: "traffic-1m" });
    const response = await tab.numbers("Response time, ms");
    assert.equal(response.length, traffic.length);
    for (const [i, row] of response.entries())
      assert.deepEqual(row.slice(1, 3), [traffic[i].response_ms.p50, traffic[i].response_ms.p99]);
    const byStatus = await tab.numbers("Requests a second by status");
    const requests = byStatus.flatMap((row) => row.slice(1)).filter((cell) => typeof cell === "number");
    close(
      60 * requests.reduce((a, b) => a + b, 0),
      traffic.reduce((sum, { events }) => sum + events, 0),
    );
  });

  page("bank", "bank", async () => {
    const alerts = await everything("/api/alerts", { pipeline: "bank-fraud" });
    const shown = Object.fromEntries(await tab.numbers("Alerts by typology"));
    for (const name of new Set(alerts.map(({ detector }) => detector)))
      assert.equal(shown[name], alerts.filter(({ detector }) => detector === name).length);
    const flow = await everything("/api/windows", { pipeline: "bank-fraud", window: "flow-5m" });
    const volume = (await tab.numbers("Volume a minute by type, EUR")).flatMap((row) => row.slice(1));
    close(
      5 * volume.filter((cell) => typeof cell === "number").reduce((a, b) => a + b, 0),
      flow.reduce((sum, { amount }) => sum + amount.sum, 0),
    );
  });

  it("a click on an account leads to why it was flagged, and whether that was right", async () => {
    const [alert] = await everything("/api/alerts", { pipeline: "bank-fraud", where: '{"detector":"card-testing"}' });
    await tab.go(site, "bank");
    await tab.page.getByRole("link", { name: alert.entity }).first().click();
    await tab.page.getByRole("heading", { level: 1, name: alert.entity }).waitFor();
    await tab.settled();
    await tab.panel("Alerts, and why").getByText(alert.reason).waitFor();
    assert.equal(await tab.page.locator(".verdict").first().textContent(), "right");
    const events = await everything("/api/events", { entity: alert.entity });
    const balances = (await tab.numbers("What it said over time")).map((row) => row.at(-1));
    assert.deepEqual(
      balances,
      events.map(({ message }) => message.balance),
    );
    await tab.checkAccessibility();
    await tab.screenshot("account");
    await tab.page.getByRole("button", { name: "acknowledge" }).first().click();
    await tab.page.locator(".status.acknowledged").first().waitFor();
    const acknowledged = await everything("/api/alerts", { where: '{"status":"acknowledged"}' });
    assert.deepEqual(
      acknowledged.map(({ entity }) => entity),
      [alert.entity],
    );
    await tab.page.getByRole("button", { name: "wrong" }).first().click();
    await tab.page.locator(".said.wrong").first().waitFor();
    const wrong = await everything("/api/alerts", { where: '{"verdict":"wrong"}' });
    assert.deepEqual(
      wrong.map(({ id }) => id),
      acknowledged.map(({ id }) => id),
    );
    await tab.page.getByRole("button", { name: "mute for 24 h" }).first().click();
    await tab.page.getByText("muted until").first().waitFor();
    const muted = await everything("/api/alerts", { where: '{"muted":{"$ne":null}}' });
    assert.ok(muted.length >= 1 && muted.every(({ entity }) => entity === alert.entity));
    await tab.go(site, "alerts");
    const mutes = tab.panel("Mutes: nobody is told of these");
    await mutes.getByRole("cell", { name: alert.entity }).waitFor();
    await mutes.getByRole("button", { name: "end now" }).click();
    await mutes.getByText("ended").waitFor();
    const [ended] = await everything("/api/mutes", {});
    assert.ok(ended.until < ended.ended.until);
    assert.deepEqual(
      await everything("/api/alerts", { where: '{"muted":{"$ne":null}}' }),
      muted.map((each) => ({ ...each, muted: { ...each.muted, until: ended.until } })),
    );
  });

  page("detection", "detection", async () => {
    const score = await site.ask("/api/score");
    assert.equal(await tab.tile("Incidents labelled"), score.all.labels.toLocaleString("en"));
    assert.equal(await tab.tile("Found"), score.all.found.toLocaleString("en"));
    const recall = Object.fromEntries(await tab.numbers("Recall by cause"));
    for (const row of score.by_cause) if (row.recall !== null) assert.equal(recall[row.name], row.recall, row.name);
    const subtle = await tab.numbers("Recall by subtlety");
    const found = subtle.map(([name]) => Number(/\((\d+) of/.exec(name)[1])).reduce((a, b) => a + b, 0);
    assert.equal(found, score.all.found);
    const money = await tab.panel("Money saved and lost").locator("tbody tr").all();
    assert.equal(
      money.length,
      1 + [...score.by_cause, ...score.by_detector].filter((row) => row.money !== null).length,
    );
    assert.deepEqual(
      await money[0].locator("[data-value]").evaluateAll((all) => all.map(({ dataset }) => Number(dataset.value))),
      [score.all.money.saved, score.all.money.lost, score.all.money.stopped_wrongly],
    );
    assert.ok(score.all.money.saved > 0 && score.all.money.lost > 0);
    const cases = await everything("/api/cases", { sort: "-start" });
    const rows = await tab.panel("Cases, newest first").locator("tbody tr").all();
    assert.equal(rows.length, Math.min(cases.length, 200));
    assert.equal(await rows[0].locator("td").nth(5).textContent(), cases[0].alerts.toLocaleString("en"));
  });

  page("pipelines", "pipelines/support-load", async () => {
    const windows = await everything("/api/windows", { pipeline: "support-load", window: "load-15m" });
    const title = "load-15m by status, request_type, priority: distinct of client_id";
    const shown = (await tab.numbers(title)).flatMap((row) => row.slice(1)).filter((cell) => typeof cell === "number");
    assert.ok(shown.length > 10 && shown.length <= windows.length);
    const events = await tab.numbers("load-15m by status, request_type, priority: events a second");
    close(
      900 * events.reduce((sum, row) => sum + row[1], 0),
      windows.reduce((sum, each) => sum + each.events, 0),
    );
  });

  page("alerts", "alerts?severity=critical", async () => {
    const alerts = await everything("/api/alerts", { sort: "-time", where: '{"severity":"critical"}' });
    await tab.page.getByText(`${alerts.length} alerts`, { exact: true }).waitFor();
    const shown = await tab.page.locator(".virtual .alert-line").evaluateAll((all) => all.map((row) => row.dataset.id));
    assert.deepEqual(
      shown,
      alerts.slice(0, shown.length).map(({ id }) => id),
    );
  });

  for (const name of ["world", "kafka"])
    it(`${name} says where there is none`, async () => {
      await tab.go(site, name);
      await tab.page.getByText("Not served here").first().waitFor();
      await tab.checkAccessibility();
    });
});

describe("looks", () => {
  it("dark, and readable on a phone", async () => {
    const phone = await Tab.open(browser, { viewport: { width: 390, height: 844 }, colorScheme: "dark" });
    for (const place of ["overview", "detection", "alerts"]) {
      await phone.go(site, place);
      const wider = await phone.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      assert.equal(wider, false, `${place} is wider than the phone`);
      await phone.checkAccessibility();
    }
    await phone.go(site, "overview");
    await phone.screenshot("phone-dark");
    phone.checkConsole();
    await phone.page.close();
  });

  it("can be used by keyboard alone", async () => {
    await tab.go(site, "overview");
    await tab.page.reload();
    await tab.settled();
    await tab.page.keyboard.press("Tab");
    await tab.page.keyboard.press("Enter"); // to the content
    assert.equal(await tab.page.evaluate(() => document.activeElement?.id), "main");
    const theme = () => tab.page.evaluate(() => document.documentElement.dataset.theme);
    const before_ = await theme();
    await tab.page.getByRole("button", { name: "Dark or light" }).focus();
    await tab.page.keyboard.press("Enter");
    assert.notEqual(await theme(), before_);
    await tab.checkAccessibility();
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("button", { name: "Numbers of Events a second by topic" }).focus();
    await tab.page.keyboard.press("Space");
    await tab.panel("Events a second by topic").first().locator("table").waitFor();
    await tab.page.getByRole("link", { name: "Detection" }).focus();
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("heading", { level: 1, name: "Detection" }).waitFor();
  });

  it("keeps the time range in the URL, from page to page", async () => {
    await tab.go(site, "web");
    await tab.page.locator("select[name=last]").selectOption("15m");
    await tab.settled();
    assert.match(tab.page.url(), /last=15m/);
    await tab.page.getByRole("link", { name: "Bank" }).click();
    await tab.page.getByRole("heading", { level: 1, name: "Bank" }).waitFor();
    assert.match(tab.page.url(), /last=15m/);
    assert.equal(await tab.page.locator("select[name=last]").inputValue(), "15m");
  });
});
