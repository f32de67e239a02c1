"""The windows of a pipeline over a file of JSON lines, recomputed from their definition and nothing else.

Written independently of the program, with the standard library alone: every event is kept, every window is computed
from its list of events. What a pipeline may use here: where (comparisons, $in, $exists, $and, $or), derive and project ($add,
$subtract, $multiply, $divide, $cond, comparisons, $in), rekey, tumbling, hopping, session and calendar windows, all aggregates.
"""
import json
import math
import re
from collections import Counter
from datetime import date, datetime, time as clock, timedelta, timezone
from zoneinfo import ZoneInfo

MISSING = object()
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
GREATEST_MS = 253402300799999


def duration_ms(text):
    """'1h30m' in milliseconds."""
    units = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
    parts = re.findall(r"(\d+)(ms|s|m|h|d)", text)
    assert parts and "".join(n + u for n, u in parts) == text, text
    return sum(int(n) * units[u] for n, u in parts)


def parse_time(value, unit):
    """Milliseconds since the epoch, or None where the value is no time."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        factor = {"s": 1000, "ms": 1, "us": 1e-3, "ns": 1e-6}.get(unit)
        return None if factor is None else math.floor(value * factor)
    if not isinstance(value, str):
        return None
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?(Z|[+-]\d\d:?\d\d)?", value)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(x or 0) for x in match.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    zone = match.group(8)
    if zone and zone != "Z":
        sign = -1 if zone[0] == "-" else 1
        moment -= sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    ms = int(((match.group(7) or "") + "000")[:3])
    return (moment - EPOCH) // timedelta(milliseconds=1) + ms


def murmur2(data):
    """Kafka's partitioner (org.apache.kafka.common.utils.Utils.murmur2)."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    length = len(data)
    h = 0x9747B28C ^ length
    for i in range(0, length - length % 4, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = h * m & mask ^ k
    tail = data[length - length % 4 :]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def field(document, path):
    for name in path.split("."):
        if not isinstance(document, dict) or name not in document:
            return MISSING
        document = document[name]
    return document


def kind(value):
    if value is MISSING or value is None:
        return "nothing"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def type_rank(value):
    """MongoDB's order of types."""
    return -1 if value is MISSING else {"nothing": 0, "number": 1, "str": 2, "dict": 3, "list": 4, "boolean": 5}[kind(value)]


def same(a, b):
    return kind(a) == kind(b) and (kind(a) == "nothing" or a == b)


def holds(operator, value, operand):
    if operator == "$exists":
        return (value is not MISSING) == bool(operand)
    if operator == "$in":
        return any(same(value, each) for each in operand)
    if operator == "$nin":
        return not any(same(value, each) for each in operand)
    if operator == "$ne":
        return not same(value, operand)
    if operator == "$eq":
        return same(value, operand)
    if kind(value) != kind(operand):
        return False
    return {"$gt": value > operand, "$gte": value >= operand, "$lt": value < operand, "$lte": value <= operand}[operator]


def matches(condition, document):
    for name, want in condition.items():
        if name == "$and":
            good = all(matches(each, document) for each in want)
        elif name == "$or":
            good = any(matches(each, document) for each in want)
        elif isinstance(want, dict) and want and all(key.startswith("$") for key in want):
            good = all(holds(op, field(document, name), operand) for op, operand in want.items())
        else:
            good = same(field(document, name), want)
        if not good:
            return False
    return True


def evaluate(expression, document):
    if isinstance(expression, str) and expression.startswith("$"):
        return field(document, expression[1:])
    if not isinstance(expression, dict):
        return expression
    ((operator, operands),) = expression.items()
    if operator == "$cond":
        if isinstance(operands, dict):
            operands = [operands["if"], operands["then"], operands["else"]]
        test = evaluate(operands[0], document)
        truth = test is not MISSING and test is not None and test is not False and test != 0
        return evaluate(operands[1] if truth else operands[2], document)
    values = [evaluate(each, document) for each in (operands if isinstance(operands, list) else [operands])]
    if operator == "$in":
        return any(same(values[0], each) for each in values[1])
    if operator in ("$gt", "$gte", "$lt", "$lte"):
        # In expressions, unlike in a match, values of all types have an order.
        ranks = [type_rank(each) for each in values]
        if ranks[0] != ranks[1]:
            values = ranks
        elif kind(values[0]) in ("nothing", "list", "dict"):
            raise NotImplementedError("the order of arrays and objects")
        return holds(operator, values[0], values[1])
    if operator in ("$eq", "$ne"):
        return holds(operator, values[0], values[1])
    if any(kind(each) == "nothing" for each in values):
        return None
    if any(kind(each) != "number" for each in values):
        return None
    if operator == "$add":
        return sum(values)
    if operator == "$multiply":
        return math.prod(values)
    if operator == "$subtract":
        return values[0] - values[1]
    if operator == "$divide":
        return values[0] / values[1]
    raise NotImplementedError(operator)


def calendar_day(window, time):
    """The first day of the calendar unit with a time in it, and of the next one, as the zone's clocks show dates."""
    today = (EPOCH + timedelta(milliseconds=time)).astimezone(ZoneInfo(window.get("zone", "UTC"))).date()
    length = window["calendar"]
    if length == "1d":
        return today, today + timedelta(days=1)
    if length == "1w":
        first = today - timedelta(days=today.weekday())
        return first, first + timedelta(days=7)
    if length == "1y":
        return date(today.year, 1, 1), date(today.year + 1, 1, 1)
    months = {"1mo": 1, "3mo": 3}[length]
    first = date(today.year, (today.month - 1) // months * months + 1, 1)
    behind = today.year * 12 + first.month - 1 + months
    return first, date(behind // 12, behind % 12 + 1, 1)


def midnight_ms(day, zone):
    return (datetime.combine(day, clock(), tzinfo=ZoneInfo(zone)) - EPOCH) // timedelta(milliseconds=1)


def window_spans(window, time):
    """(start, end) of the windows that contain a time; sessions are not among them."""
    if "calendar" in window:
        return [tuple(midnight_ms(day, window.get("zone", "UTC")) for day in calendar_day(window, time))]
    if "tumbling" in window:
        size = every = duration_ms(window["tumbling"])
    else:
        size, every = duration_ms(window["hopping"]["size"]), duration_ms(window["hopping"]["every"])
    offset = duration_ms(window.get("offset", "0s"))
    last = (time - offset) // every * every + offset
    starts = []
    while last > time - size:
        starts.append((last, last + size))
        last -= every
    return starts


def decode(line, pipeline):
    """(event time, key, document), or None for a dead letter."""
    try:
        document = json.loads(line, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    key = field(document, pipeline["key"])
    time = parse_time(field(document, pipeline["timestamp"]), pipeline.get("timestamp_unit"))
    if kind(key) not in ("str", "number") or time is None or not 0 <= time <= GREATEST_MS:
        return None
    return time, key if isinstance(key, str) else json.dumps(key), document


def split(lines, key_field, partitions):
    """Messages by partition: (offset, line)."""
    result = [[] for _ in range(partitions)]
    for line in lines:
        if not line.strip():
            continue
        partition = 0
        try:
            key = field(json.loads(line), key_field)
            if kind(key) in ("str", "number"):
                text = key if isinstance(key, str) else json.dumps(key)
                partition = (murmur2(text.encode()) & 0x7FFFFFFF) % partitions
        except ValueError:
            pass
        result[partition].append((len(result[partition]), line))
    return result


def iso(ms):
    moment = EPOCH + timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


class Window:
    """Every event of one window and group, over all partitions."""

    def __init__(self):
        self.members = []  # (time, partition, offset, document)
        self.late = 0
        self.end = 0
        self.final = {}  # by partition that has a share in it


def recompute(pipeline, lines, partitions):
    """{(window name, start, canonical group): merged document with exact aggregates}, and counts."""
    disorder = duration_ms(pipeline.get("disorder", "5s"))
    windows, counts = {}, Counter()
    in_sessions, watermarks = {}, {}
    rekeyed, kept = "rekey" in pipeline, []
    for partition, messages in enumerate(split(lines, pipeline["key"], partitions)):
        newest = None
        kept_here = set()
        for offset, line in messages:
            counts["consumed"] += 1
            decoded = decode(line, pipeline)
            if decoded is None:
                counts["dead_letters"] += 1
                continue
            time, _, document = decoded
            watermark = -math.inf if newest is None else newest - disorder
            newest = time if newest is None else max(newest, time)
            if not matches(pipeline.get("where", {}), document):
                continue
            document = dict(document)
            for name, expression in pipeline.get("derive", {}).items():
                document[name] = evaluate(expression, document)
            if rekeyed and kind(field(document, pipeline["rekey"])) not in ("str", "number"):
                counts["dead_letters"] += 1
                continue
            contained = taken = 0
            for window in pipeline.get("windows", []):
                values = {name: None if (v := field(document, name)) is MISSING else v for name in window.get("group_by", [])}
                group = json.dumps(values, sort_keys=True)
                if "session" in window:
                    contained += 1
                    gap = duration_ms(window["session"]["gap"])
                    if watermark >= time + gap + duration_ms(window.get("lateness", "0s")):
                        counts["late_by_window"] += 1
                        continue
                    taken += 1
                    in_sessions.setdefault((window["name"], None if rekeyed else partition, group), []).append(
                        (time, partition, offset, document, watermark >= time + gap))
                    continue
                for start, end in window_spans(window, time):
                    contained += 1
                    if watermark >= end + duration_ms(window.get("lateness", "0s")):
                        counts["late_by_window"] += 1
                        continue
                    taken += 1
                    where = (window["name"], start, group)
                    entry = windows.setdefault(where, Window())
                    entry.end = end
                    entry.members.append((time, partition, offset, document))
                    entry.late += watermark >= end
                    kept_here.add((where, end + duration_ms(window.get("lateness", "0s"))))
            counts["late"] += contained > 0 and taken == 0
        kept += [(partition, where, end) for where, end in kept_here]
        watermarks[partition] = -math.inf if newest is None else newest - disorder
    if rekeyed:  # a window is whole when no partition can bring anything for it
        least = min(watermarks.values())
        watermarks = {partition: least for partition in [None, *watermarks]}
    for partition, where, end in kept:
        windows[where].final[partition] = watermarks[partition] >= end
    named = {window["name"]: window for window in pipeline.get("windows", [])}
    for (name, partition, group), members in in_sessions.items():
        window = named[name]
        gap = duration_ms(window["session"]["gap"])
        open_session = None
        for *member, late in sorted(members, key=lambda m: m[:3]):
            if open_session is None or member[0] >= open_session.end:
                open_session = windows.setdefault((name, member[0], group), Window())
            open_session.end = member[0] + gap
            open_session.members.append(tuple(member))
            open_session.late += late
            final_at = open_session.end + gap + duration_ms(window.get("lateness", "0s"))
            open_session.final[partition] = watermarks[partition] >= final_at
    return {where: render(named[where[0]], where, entry) for where, entry in windows.items()}, counts


def onward(pipeline, lines, partitions):
    """{(source partition, offset): (key, time, document)} of what `to` sends on. Features are not among it."""
    sent = {}
    for partition, messages in enumerate(split(lines, pipeline["key"], partitions)):
        for offset, line in messages:
            decoded = decode(line, pipeline)
            if decoded is None or not matches(pipeline.get("where", {}), decoded[2]):
                continue
            time, key, document = decoded
            for name, expression in pipeline.get("derive", {}).items():
                document[name] = evaluate(expression, document)
            if "rekey" in pipeline:
                key = field(document, pipeline["rekey"])
                if kind(key) not in ("str", "number"):
                    continue
            if "project" in pipeline:
                document = {name: field(document, name) if want in (1, True) else evaluate(want, document)
                            for name, want in pipeline["project"].items()}
            sent[partition, offset] = key, time, {name: x for name, x in document.items() if x is not MISSING}
    return sent


def render(window, where, entry):
    start = where[1]
    document = {
        "window": window["name"], "start": iso(start), "end": iso(entry.end), "group": json.loads(where[2]),
        "events": len(entry.members), "late": entry.late, "final": all(entry.final.values()),
    }
    for name, wanted in window.get("aggregate", {}).items():
        document[name] = aggregate(wanted, name, sorted(entry.members, key=lambda m: m[:3]))
    return document


def aggregate(wanted, name, members):
    values = [field(document, name) for _, _, _, document in members]
    present = [value for value in values if kind(value) != "nothing"]
    numbers = [value for value in values if kind(value) == "number" and math.isfinite(value)]
    any_type = {"distinct", "first", "last", "top_10"}
    of_any_type = all(isinstance(each, str) and each in any_type for each in wanted)
    counted = present if of_any_type else numbers
    timed = [(time, v) for (time, *_), v in zip(members, values) if kind(v) == "number" and math.isfinite(v)]
    result = {"missing": len(values) - len(counted)}
    mean = math.fsum(numbers) / len(numbers) if numbers else None
    for each in wanted:
        if isinstance(each, dict) and "histogram" in each:
            edges = [-math.inf, *each["histogram"], math.inf]
            result["histogram"] = {"bounds": each["histogram"], "counts": [
                sum(low <= x < high for x in numbers) for low, high in zip(edges, edges[1:])]}
        elif isinstance(each, dict):
            weights = [0.5 ** ((timed[-1][0] - time) / duration_ms(each["ewma"])) for time, _ in timed]
            result["ewma_" + each["ewma"]] = (
                math.fsum(w * x for w, (_, x) in zip(weights, timed)) / math.fsum(weights) if timed else None)
        elif each in ("rate", "delta"):
            delta = timed[-1][1] - timed[0][1] if len(timed) > 1 else None
            seconds = (timed[-1][0] - timed[0][0]) / 1000 if timed else 0
            result[each] = delta if each == "delta" or delta is None else delta / seconds if seconds else None
        elif each == "count":
            result[each] = len(counted)
        elif each == "sum":
            result[each] = math.fsum(numbers)
        elif each == "mean":
            result[each] = mean
        elif each in ("min", "max"):
            result[each] = (min if each == "min" else max)(numbers) if numbers else None
        elif each in ("stddev", "variance"):
            if len(numbers) < 2:
                result[each] = None
            else:
                variance = math.fsum((x - mean) ** 2 for x in numbers) / (len(numbers) - 1)
                result[each] = variance if each == "variance" else math.sqrt(variance)
        elif each == "distinct":
            result[each] = len({(kind(v), json.dumps(v, sort_keys=True) if kind(v) != "number" else v) for v in present})
        elif each in ("first", "last"):
            result[each] = present[0 if each == "first" else -1] if present else None
        elif each == "top_10":
            result[each] = Counter(json.dumps(v, sort_keys=True) for v in present)
        elif each.startswith("p"):
            rank = max(1, math.ceil(float(each[1:]) * len(numbers) / 100 - 1e-9))
            result[each] = sorted(numbers)[rank - 1] if numbers else None
        else:
            raise NotImplementedError(each)
    return result


def without_comments(text):
    """JSON with // comments and trailing commas, as Throng's files may hold, to plain JSON."""
    text = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda m: m.group(1) or "", text)
    return re.sub(r'("(?:[^"\\]|\\.)*")|,(\s*[}\]])', lambda m: m.group(1) or m.group(2), text)
