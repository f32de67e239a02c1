"""One world with shared identities: what a person owns is found from `simulate --to file` alone, by the numbers in ids, by `person_id` in the
truth, and by the ids that messages of one topic have of another's."""
import json
import re
from collections import Counter, defaultdict

from throng import InFolder, throng

PEOPLE = 20
OWNED_SENSORS = 2 * PEOPLE
SENSORS = 60
SCENARIO = {
    "name": "people", "seed": 4, "start": "2026-01-30T00:00:00Z", "duration": "1d",
    "populations": {
        "accounts": {"kind": "account", "count": PEOPLE, "payments_per_day": 30},
        "helpdesk": {"kind": "support_client", "count": PEOPLE, "tickets_per_day": 2},
        "sensors": {"kind": "sensor", "count": SENSORS, "interval": "5m"},
        "visitors": {"kind": "web_client", "count": PEOPLE, "sessions_per_day": 20},
    },
    # Everybody meets something, so that everybody stands in the truth.
    "trouble": {"duplicate": 0.2},
    "incidents": [
        {"kind": "web.error_burst", "population": "visitors", "count": 10, "at": "10h", "for": "4h", "subtlety": 0},
        {"kind": "bank.account_takeover", "population": "accounts", "count": 5, "at": "6h", "for": "2h"},
        {"kind": "sensor.silence", "population": "sensors", "count": 40, "at": "8h", "for": "1h", "subtlety": 0},
    ],
}


def number_in(name):
    """The person in `client-000017`, `session-000017-00003` and the like."""
    return int(re.fullmatch(r"[a-z]+-(\d{6,})(?:-\d+)?", name).group(1))


class People(InFolder):
    def setUp(self):
        super().setUp()
        throng("simulate", self.write("people.json", json.dumps(SCENARIO)), "--to", f"file:{self.path('out')}")

    def messages(self, topic):
        with open(self.path(f"out/{topic}.ndjson")) as file:
            return [json.loads(line) for line in file]

    def test_the_truth_says_whose_everything_is(self):
        owned = defaultdict(lambda: defaultdict(set))  # person to domain to what is theirs
        of_the_city = set()
        for label in self.messages("truth.labels"):
            entity, person = label["entity"], label["person_id"]
            if person is None:
                of_the_city.add(entity)
                continue
            self.assertRegex(person, r"^person-\d{6}$")
            owned[person][label["domain"]].add(entity)
            if label["domain"] != "iot":
                self.assertEqual(number_in(entity), number_in(person), label)
        self.assertEqual(len(owned), PEOPLE)
        for person, theirs in owned.items():
            number = number_in(person)
            self.assertEqual(theirs["bank"], {f"account-{number:06}"})
            self.assertEqual(theirs["web"], {f"client-{number:06}", f"user-{number:06}"})
            self.assertLessEqual(theirs["support"], {f"customer-{number:06}"})  # who writes little may have met nothing
            self.assertEqual(len(theirs["iot"]), OWNED_SENSORS // PEOPLE)
        self.assertGreater(sum(1 for theirs in owned.values() if theirs["support"]), PEOPLE // 2)
        sensors = set().union(*(theirs["iot"] for theirs in owned.values()))
        self.assertEqual(sensors, {f"sensor-{i:06}" for i in range(OWNED_SENSORS)})
        self.assertEqual(of_the_city, {f"sensor-{i:06}" for i in range(OWNED_SENSORS, SENSORS)})

    def test_ids_join_across_topics(self):
        requests = self.messages("web.requests")
        sessions = {}
        for each in requests:
            self.assertEqual(number_in(each["user_id"]), number_in(each["client_id"]))
            self.assertEqual(number_in(each["session_id"]), number_in(each["client_id"]))
            self.assertEqual(sessions.setdefault(each["session_id"], each["client_id"]), each["client_id"])
        self.assertGreater(len(sessions), 3 * PEOPLE)
        # Views, clicks and ratings belong to a request of the same user for the same thing.
        asked = Counter()
        for each in requests:
            if item := re.search(r"item-\d+", each["path"]):
                asked[each["user_id"], item.group()] += 1
        for topic in ("web.views", "web.clicks", "web.ratings"):
            events = self.messages(topic)
            self.assertTrue(events)
            for each in events:
                self.assertIn((each["user_id"], each["item_id"]), asked, topic)
        # Money between accounts, and from the owner's devices.
        transactions = self.messages("bank.transactions")
        accounts = {f"account-{i:06}" for i in range(PEOPLE)}
        self.assertEqual({each["account_id"] for each in transactions}, accounts)
        devices = Counter()
        sent, received = Counter(), Counter()
        for each in {each["transaction_id"]: each for each in transactions}.values():
            self.assertEqual(number_in(each["transaction_id"]), number_in(each["account_id"]))
            if each["device_id"] is not None:
                devices[number_in(each["device_id"]) == number_in(each["account_id"])] += 1
            if each["counterparty_id"] in accounts and each["status"] == "booked":
                self.assertNotEqual(each["counterparty_id"], each["account_id"])
                if each["type"] == "transfer_out":
                    sent[each["account_id"], each["counterparty_id"], each["amount"]] += 1
                elif each["type"] == "transfer_in":
                    received[each["counterparty_id"], each["account_id"], each["amount"]] += 1
        self.assertGreater(devices[True], 20)
        self.assertEqual(devices[False], 0)
        self.assertGreater(sum(sent.values()), 10)
        self.assertLessEqual(sum((sent - received).values()), 2)  # the last may be on their way
        self.assertEqual(sum((received - sent).values()), 0)
        # What a ticket is about is the writer's, and stands in the other topic.
        known = {"session": set(sessions), "tx": {each["transaction_id"] for each in transactions},
                 "sensor": {each["sensor_id"] for each in self.messages("iot.readings")}, "user": {each["user_id"] for each in requests}}
        owner_of = {label["entity"]: label["person_id"] for label in self.messages("truth.labels")}
        about = Counter()
        for ticket in self.messages("support.tickets"):
            self.assertEqual(number_in(ticket["ticket_id"]), number_in(ticket["client_id"]))
            if ticket["concerns"] is None:
                continue
            kind = ticket["concerns"].split("-")[0]
            about[kind] += 1
            self.assertIn(ticket["concerns"], known[kind])
            owner = number_in(owner_of[ticket["concerns"]]) if kind == "sensor" else number_in(ticket["concerns"])
            self.assertEqual(owner, number_in(ticket["client_id"]), ticket)
        for kind in ("session", "tx", "sensor"):
            self.assertGreater(about[kind], 0, kind)
