#!/usr/bin/env python3
"""Draws a simulated day and week, a picture a domain, from the files that `throng simulate --to file:DIR` wrote.

    throng simulate docs/world/week.json --to file:week
    docs/world/draw.py week docs/world          # needs python3-matplotlib

The day is the third of the week. Times are UTC. Malformed messages are left out.
"""
import argparse
import json
import os
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone

import matplotlib

matplotlib.use("Agg")
import matplotlib.dates
import matplotlib.pyplot as plt

DAY = 2
BLUE, ORANGE, GREEN, RED, PURPLE, BROWN, GREY = "#2066a8", "#d98014", "#3a8f48", "#bf3434", "#7a52a3", "#7d5a3c", "#8a8a8a"
COLOURS = [BLUE, ORANGE, GREEN, RED, PURPLE, BROWN, GREY]


def messages(folder, topic):
    with open(os.path.join(folder, topic + ".ndjson")) as file:
        for line in file:
            try:
                message = json.loads(line)
                message["at"] = datetime.fromisoformat(message["timestamp"])
            except (ValueError, KeyError):
                continue
            yield message


def floor(time, minutes):
    return time - timedelta(minutes=time.minute % minutes if minutes < 60 else time.minute, seconds=time.second,
                            microseconds=time.microsecond)


class Span:
    """A stretch of time to draw, in bins of some minutes."""

    def __init__(self, begin, end, minutes):
        self.begin, self.end, self.minutes = begin, end, minutes

    def holds(self, time):
        return self.begin <= time < self.end

    def bins(self):
        count = int((self.end - self.begin) / timedelta(minutes=self.minutes))
        return [self.begin + timedelta(minutes=self.minutes * i) for i in range(count)]

    def a_minute(self, counts):
        return [counts.get(bin, 0) / self.minutes for bin in self.bins()]

    def mean(self, sums):
        return [sums[bin][0] / sums[bin][1] if bin in sums else float("nan") for bin in self.bins()]


def axis(plot, span, title, unit):
    plot.set_title(title, fontsize=9, loc="left")
    plot.set_ylabel(unit, fontsize=8)
    plot.set_xlim(span.begin, span.end)
    day = span.end - span.begin <= timedelta(days=1)
    plot.xaxis.set_major_locator(matplotlib.dates.HourLocator(byhour=range(0, 24, 3)) if day else matplotlib.dates.DayLocator())
    plot.xaxis.set_major_formatter(matplotlib.dates.DateFormatter("%H:%M" if day else "%a %d", tz=timezone.utc))
    plot.tick_params(labelsize=7)
    plot.grid(True, linewidth=0.3)
    for side in ("top", "right"):
        plot.spines[side].set_visible(False)


def legend(plot):
    plot.legend(fontsize=6.5, frameon=False, loc="upper left", ncol=3)


def shade(plot, labels, span, causes):
    """Marks when incidents were open, each cause once in the legend."""
    for cause, colour in causes.items():
        name = cause
        for begin, end in sorted({(begin, end) for begin, end in labels.get(cause, [])}):
            if span.holds(begin):
                plot.axvspan(begin, min(end, span.end), color=colour, alpha=0.13, linewidth=0, label=name)
                name = None


def save(figure, folder, name):
    figure.tight_layout()
    figure.savefig(os.path.join(folder, name), dpi=85)
    plt.close(figure)


def labels_of(folder):
    """Cause to [begin, end) of each incident that has closed."""
    found = defaultdict(list)
    for label in messages(folder, "truth.labels"):
        if label.get("incident_id") and label.get("end"):
            found[label["cause"]].append((datetime.fromisoformat(label["start"]), datetime.fromisoformat(label["end"])))
    return found


def draw_sensors(folder, out, labels, day, week):
    fields = {"temperature": "°C", "humidity": "%", "co2_level": "ppm", "light_intensity": "lux"}
    districts = ["district-00", "district-03", "district-07"]
    sums = {span: defaultdict(lambda: [0.0, 0]) for span in (day, week)}
    single, counts = defaultdict(list), Counter()
    faulty = {}
    for label in messages(folder, "truth.labels"):
        if label.get("cause", "").startswith("sensor.") and label.get("end") and day.holds(datetime.fromisoformat(label["start"])):
            if label["cause"] in ("sensor.stuck", "sensor.spike", "sensor.drift", "sensor.offset", "sensor.battery_death"):
                faulty.setdefault(label["cause"], label["entity"])
    for reading in messages(folder, "iot.readings"):
        at = reading["at"]
        counts[floor(at, week.minutes)] += 1
        if reading["sensor_id"] in faulty.values() and day.holds(at) and reading.get("temperature") is not None:
            single[reading["sensor_id"]].append((at, reading["temperature"]))
        if reading.get("district") not in districts:
            continue
        for span in (day, week):
            if span.holds(at):
                for field in fields:
                    if reading.get(field) is not None:
                        entry = sums[span][reading["district"], field, floor(at, span.minutes)]
                        entry[0] += reading[field]
                        entry[1] += 1
    for span, name in ((day, "sensors-day.png"), (week, "sensors-week.png")):
        figure, plots = plt.subplots(5, 1, figsize=(9, 10))
        for plot, (field, unit) in zip(plots, fields.items()):
            for district, colour in zip(districts, COLOURS):
                means = {bin: sums[span][district, field, bin] for bin in span.bins() if (district, field, bin) in sums[span]}
                plot.plot(span.bins(), span.mean(means), color=colour, linewidth=0.9, label=district)
            axis(plot, span, f"{field}, mean of a district", unit)
        legend(plots[0])
        if span is day:
            for (cause, sensor), colour in zip(sorted(faulty.items()), COLOURS):
                times = single[sensor]
                plots[4].plot([at for at, _ in times], [value for _, value in times], ".", markersize=1.6, color=colour,
                              label=f"{sensor} ({cause})")
            axis(plots[4], span, "temperature of single sensors with a fault", "°C")
            plots[4].set_ylim(top=plots[4].get_ylim()[1] + 14)  # room for the names
            legend(plots[4])
        else:
            plots[4].plot(span.bins(), span.a_minute(counts), color=BLUE, linewidth=0.9)
            axis(plots[4], span, "readings of all sensors", "a minute")
            plots[4].set_ylim(bottom=0)
        save(figure, out, name)


def draw_web(folder, out, labels, day, week):
    by_class = {span: defaultdict(Counter) for span in (day, week)}
    times = {span: defaultdict(list) for span in (day, week)}
    actions = {span: defaultdict(Counter) for span in (day, week)}
    sessions = Counter()
    items = Counter()
    for line in messages(folder, "web.requests"):
        at = line["at"]
        if not isinstance(line.get("status"), int) or "response_ms" not in line or "session_id" not in line:
            continue
        sessions[line["session_id"]] += 1
        for span in (day, week):
            if span.holds(at):
                bin = floor(at, span.minutes)
                by_class[span][f"{line['status'] // 100}xx"][bin] += 1
                times[span][bin].append(line["response_ms"])
    for topic, action in (("web.views", "views"), ("web.clicks", "clicks"), ("web.ratings", "ratings")):
        for event in messages(folder, topic):
            if action == "views" and "item_id" in event:
                items[event["item_id"]] += 1
            for span in (day, week):
                if span.holds(event["at"]):
                    actions[span][action][floor(event["at"], span.minutes)] += 1
    causes = {"web.flash_crowd": GREEN, "web.denial_of_service": RED, "web.scraper": BROWN, "web.error_burst": ORANGE,
              "web.credential_stuffing": PURPLE}
    for span, name in ((day, "web-day.png"), (week, "web-week.png")):
        figure, plots = plt.subplots(5, 1, figsize=(9, 10))
        for status, colour in zip(("2xx", "3xx", "4xx", "5xx"), (BLUE, GREEN, ORANGE, RED)):
            plots[0].plot(span.bins(), span.a_minute(by_class[span][status]), color=colour, linewidth=0.9, label=status)
        shade(plots[0], labels, span, causes)
        plots[0].set_yscale("symlog", linthresh=10)
        plots[0].set_ylim(bottom=0)
        axis(plots[0], span, "requests by status", "a minute")
        legend(plots[0])
        for share, colour in ((0.5, BLUE), (0.95, ORANGE), (0.99, RED)):
            plots[1].plot(span.bins(), [sorted(times[span][bin])[int(share * (len(times[span][bin]) - 1))] if times[span][bin] else float("nan")
                                        for bin in span.bins()], color=colour, linewidth=0.9, label=f"{share:.0%}")
        plots[1].set_yscale("log")
        axis(plots[1], span, "response time, quantiles", "ms")
        legend(plots[1])
        for action, colour in zip(("views", "clicks", "ratings"), COLOURS):
            plots[2].plot(span.bins(), span.a_minute(actions[span][action]), color=colour, linewidth=0.9, label=action)
        axis(plots[2], span, "what visitors do", "a minute")
        legend(plots[2])
        lengths = Counter(min(length, 60) for length in sessions.values())
        plots[3].bar(range(1, 61), [lengths[length] for length in range(1, 61)], color=BLUE)
        plots[3].set_title("requests of a session, whole week (60: so many or more)", fontsize=9, loc="left")
        plots[3].set_ylabel("sessions", fontsize=8)
        plots[3].tick_params(labelsize=7)
        ranked = sorted(items.values(), reverse=True)
        plots[4].loglog(range(1, len(ranked) + 1), ranked, ".", markersize=2, color=BLUE)
        plots[4].set_title("views of an item by its rank, whole week", fontsize=9, loc="left")
        plots[4].set_ylabel("views", fontsize=8)
        plots[4].tick_params(labelsize=7)
        save(figure, out, name)


def draw_bank(folder, out, labels, day, week):
    types = ("card", "cash", "transfer_out", "transfer_in", "salary", "rent", "fee", "deposit")
    counts = {span: defaultdict(Counter) for span in (day, week)}
    declined = {span: Counter() for span in (day, week)}
    amounts = defaultdict(list)
    balances = defaultdict(list)
    for line in messages(folder, "bank.transactions"):
        at = line["at"]
        if "type" not in line or not isinstance(line.get("amount"), (int, float)):
            continue
        for span in (day, week):
            if span.holds(at):
                counts[span][line["type"]][floor(at, span.minutes)] += 1
                if line.get("status") == "declined":
                    declined[span][floor(at, span.minutes)] += 1
        amounts[line["type"]].append(line["amount"])
        if line["account_id"] in ("account-000003", "account-000008", "account-000021", "account-000042") and "balance" in line:
            balances[line["account_id"]].append((at, line["balance"]))
    for span, name in ((day, "bank-day.png"), (week, "bank-week.png")):
        figure, plots = plt.subplots(4, 1, figsize=(9, 9))
        for kind, colour in zip(types[:4], COLOURS):
            plots[0].plot(span.bins(), span.a_minute(counts[span][kind]), color=colour, linewidth=0.9, label=kind)
        axis(plots[0], span, "payments by type", "a minute")
        legend(plots[0])
        for kind, colour in zip(types[4:], COLOURS):
            plots[1].plot(span.bins(), span.a_minute(counts[span][kind]), color=colour, linewidth=0.9, label=kind)
        plots[1].plot(span.bins(), span.a_minute(declined[span]), color=RED, linewidth=0.9, linestyle=":", label="declined, of any type")
        axis(plots[1], span, "salaries, rents, fees, cash paid in; declined payments", "a minute")
        legend(plots[1])
        for (account, line), colour in zip(sorted(balances.items()), COLOURS):
            inside = [(at, balance) for at, balance in line if span.holds(at)]
            plots[2].step([at for at, _ in inside], [balance for _, balance in inside], where="post", color=colour, linewidth=0.9, label=account)
        axis(plots[2], span, "balances of four accounts", "EUR")
        legend(plots[2])
        edges = [10 ** (i / 10) for i in range(-3, 46)]
        for kind, colour in zip(types[:5], COLOURS):
            plots[3].hist(amounts[kind], bins=edges, histtype="step", color=colour, linewidth=0.9, label=kind)
        plots[3].set_xscale("log")
        plots[3].set_yscale("log")
        plots[3].set_title("amounts in EUR, whole week", fontsize=9, loc="left")
        plots[3].set_ylabel("payments", fontsize=8)
        plots[3].tick_params(labelsize=7)
        legend(plots[3])
        save(figure, out, name)


def draw_support(folder, out, labels, day, week):
    states = ("opened", "answered", "escalated", "closed")
    counts = {span: defaultdict(Counter) for span in (day, week)}
    about = {span: defaultdict(Counter) for span in (day, week)}
    open_now, level = Counter(), 0
    seen_open = []
    for ticket in messages(folder, "support.tickets"):
        at, status = ticket["at"], ticket.get("status")
        if status == "opened":
            level += 1
        elif status == "closed":
            level -= 1
        seen_open.append((at, level))
        for span in (day, week):
            if span.holds(at):
                counts[span][status][floor(at, 60)] += 1
                if status == "opened":
                    concerns = ticket.get("concerns")
                    kind = {"session": "errors of the shop", "tx": "payments", "sensor": "silent sensors", "user": "stolen logins"}[
                        concerns.split("-")[0]] if concerns else "of their own accord"
                    about[span][kind][floor(at, 60)] += 1
    causes = {"web.error_burst": ORANGE, "sensor.district_outage": PURPLE, "bank.account_takeover": RED, "support.urgent_wave": GREY}
    for span, name in ((day, "support-day.png"), (week, "support-week.png")):
        hourly = Span(span.begin, span.end, 60)
        figure, plots = plt.subplots(3, 1, figsize=(9, 7))
        for state, colour in zip(states, COLOURS):
            plots[0].plot(hourly.bins(), [counts[span][state].get(bin, 0) for bin in hourly.bins()], color=colour, linewidth=0.9, label=state)
        axis(plots[0], span, "tickets by status", "an hour")
        legend(plots[0])
        bottom = [0] * len(hourly.bins())
        for kind, colour in zip(("of their own accord", "errors of the shop", "payments", "silent sensors", "stolen logins"), COLOURS):
            heights = [about[span][kind].get(bin, 0) for bin in hourly.bins()]
            plots[1].bar(hourly.bins(), heights, width=1 / 26, bottom=bottom, align="edge", color=colour, label=kind)
            bottom = [low + height for low, height in zip(bottom, heights)]
        shade(plots[1], labels, span, causes)
        axis(plots[1], span, "tickets opened, by what they are about", "an hour")
        legend(plots[1])
        inside = [(at, level) for at, level in seen_open if span.holds(at)]
        plots[2].step([at for at, _ in inside], [level for _, level in inside], where="post", color=BLUE, linewidth=0.9)
        axis(plots[2], span, "tickets that are open", "")
        save(figure, out, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="what `throng simulate --to file:FOLDER` wrote: a week of all four kinds")
    parser.add_argument("out", help="where the pictures go")
    options = parser.parse_args()
    first = min(next(messages(options.folder, topic))["at"] for topic in ("iot.readings", "web.requests"))
    begin = first.replace(hour=0, minute=0, second=0, microsecond=0)
    day = Span(begin + timedelta(days=DAY), begin + timedelta(days=DAY + 1), 10)
    week = Span(begin, begin + timedelta(days=7), 60)
    labels = labels_of(options.folder)
    for draw in (draw_sensors, draw_web, draw_bank, draw_support):
        draw(options.folder, options.out, labels, day, week)


if __name__ == "__main__":
    main()
