"""TLS, SASL and ACLs on a real broker: what lets one in, and what each thing that does not is called, within seconds."""
import json
import os
import subprocess
import time
import unittest
import uuid

from throng import InFolder, query, throng

BROKERS = os.environ.get("THRONG_TEST_KAFKA", "")
TLS = os.environ.get("THRONG_TEST_KAFKA_TLS", "")
MONGODB_TLS = os.environ.get("THRONG_TEST_MONGODB_TLS", "")
KAFKA = os.path.join(os.path.dirname(__file__), "..", "..", "..", "deploy", "servers", "kafka.sh")


class Security(InFolder):
    def setUp(self):
        super().setUp()
        self.assertTrue(BROKERS and TLS, "THRONG_TEST_KAFKA and THRONG_TEST_KAFKA_TLS say where a broker is that kafka.sh up --secure has started")
        host, port = BROKERS.rsplit(":", 1)
        self.sasl, self.mutual, self.expired, self.elsewhere = (f"{host}:{int(port) + more}" for more in (2, 3, 4, 5))
        self.prefix = f"t{uuid.uuid4().hex[:12]}."
        self.ca = {"ssl.ca.location": f"{TLS}/ca.pem"}

    def settings(self, brokers, *properties, **more):
        merged = {"brokers": brokers}
        for each in properties:
            merged.update(each)
        return self.write("settings.json", json.dumps({"kafka": {**merged, **more}, "topics": {"prefix": self.prefix}, "store": "none"}))

    def user(self, name, password, mechanism="SCRAM-SHA-512"):
        return {"security.protocol": "SASL_SSL", "sasl.mechanism": mechanism, "sasl.username": name, "sasl.password": password}

    def acl(self, *options):
        subprocess.run([KAFKA, "acl", *options], check=True, capture_output=True, text=True)

    def allow(self, user, operation, *what):
        self.acl("--add", "--allow-principal", f"User:{user}", "--operation", operation, *what)
        self.addCleanup(self.acl, "--remove", "--force", "--allow-principal", f"User:{user}", "--operation", operation, *what)

    def doctor(self, settings, expect):
        began = time.monotonic()
        out, _ = throng("doctor", "--settings", settings, expect=expect, limit=30)
        self.assertLess(time.monotonic() - began, 10)
        self.assertNotIn("-secret", out)
        return out

    def test_scram_plain_and_certificates_let_in_who_may(self):
        for properties in (self.user("admin", "admin-secret"), self.user("admin", "admin-secret", "PLAIN")):
            out = self.doctor(self.settings(self.sasl, self.ca, properties), 0)
            self.assertEqual(out.count("ok "), 6, out)
        out = self.doctor(self.settings(self.mutual, self.ca, {
            "security.protocol": "SSL", "ssl.certificate.location": f"{TLS}/client.pem", "ssl.key.location": f"{TLS}/client.key"}), 3)
        self.assertIn("ok    kafka: ", out)  # in, but without an ACL for more
        self.assertIn("FAIL  kafka, make topics: ", out)

    def test_each_thing_that_is_wrong_has_its_own_sentence(self):
        tls = {"security.protocol": "SSL"}
        stranger = {"ssl.certificate.location": f"{TLS}/stranger.pem", "ssl.key.location": f"{TLS}/stranger.key"}
        for brokers, properties, advice in (
                (self.sasl, [self.ca, self.user("admin", "wrong-secret")], "user or password is wrong: look at sasl.username and sasl.password"),
                (self.sasl, [self.ca, self.user("admin", "wrong-secret", "PLAIN")], "user or password is wrong: look at sasl.username and sasl.password"),
                (self.sasl, [self.ca, self.user("nobody", "admin-secret")], "user or password is wrong: look at sasl.username and sasl.password"),
                (self.sasl, [self.ca, self.user("admin", "admin-secret", "SCRAM-SHA-256")], "the broker does not take this sasl.mechanism"),
                (self.sasl, [self.user("admin", "admin-secret")], "the broker's certificate is not signed by a CA that is known here: give its CA's file as ssl.ca.location"),
                (self.sasl, [{"ssl.ca.location": f"{TLS}/stranger.pem"}, self.user("admin", "admin-secret")], "the broker's certificate is not signed by a CA that is known here"),
                (self.expired, [self.ca, tls], "the broker's certificate has expired"),
                (self.elsewhere, [self.ca, tls], "the broker's certificate is for another host"),
                (self.mutual, [self.ca, tls], "the broker asks for a certificate of ours: give ssl.certificate.location and ssl.key.location"),
                (self.mutual, [self.ca, tls, stranger], "the broker does not trust our certificate"),
                (self.sasl, [], "the broker seems to want TLS here: set security.protocol to SSL or SASL_SSL"),
                (BROKERS, [self.ca, tls], "the broker seems not to speak TLS here")):
            with self.subTest(advice, brokers=brokers):
                out = self.doctor(self.settings(brokers, *properties), 3)
                [line] = [line for line in out.splitlines() if line.startswith("FAIL")]
                self.assertIn(brokers, line)
                self.assertIn("; " + advice, line)
        # The same from whoever asks: an analysis ends with it.
        settings = self.settings(self.sasl, self.ca, self.user("admin", "wrong-secret"))
        _, message = throng("analyze", "city-climate", "--settings", settings, "--store", self.store, expect=1, limit=30)
        self.assertIn("user or password is wrong", message)

    def test_mongodb_with_tls_and_users_lets_in_who_may_and_says_what_is_wrong(self):
        self.assertTrue(MONGODB_TLS, "THRONG_TEST_MONGODB_TLS says where mongo.sh up --tls listens")
        ca = f"tls=true&tlsCAFile={TLS}/ca.pem"
        stored = f"mongodb://throng:throng-secret@{MONGODB_TLS}/{self.prefix[:-1]}?{ca}&w=majority"
        world = ["run", "smart-city", "--duration", "1m", "--set", "populations.sensors.count=50"]
        throng(*world, "--store", stored)
        throng(*world, "--store", self.store)
        self.assertGreater(len(query("windows", stored)), 0)
        self.assertEqual(query("windows", stored), query("windows", self.store))
        for user, options, advice in (("throng:wrong-secret@", ca, "user or password is wrong: look at those of the URI"),
                                      ("nobody:throng-secret@", ca, "user or password is wrong: look at those of the URI"),
                                      ("", ca, "the URI has no user that may do this"),
                                      ("throng:throng-secret@", "tls=true", "the server's certificate is not signed by a CA that is known here"),
                                      ("throng:throng-secret@", f"tls=true&tlsCAFile={TLS}/stranger.pem", "the server's certificate is not signed"),
                                      ("throng:throng-secret@", "tls=false", "the server may want TLS here: tls=true in the URI")):
            with self.subTest(advice, user=user):
                began = time.monotonic()
                _, message = throng(*world, "--store", f"mongodb://{user}{MONGODB_TLS}/{self.prefix[:-1]}?{options}", expect=1, limit=30)
                self.assertLess(time.monotonic() - began, 10)
                self.assertIn("; " + advice, message)
                self.assertIn(MONGODB_TLS, message)
                self.assertNotIn("-secret", message)

    def test_a_missing_acl_is_named_and_the_least_that_each_role_needs_is_enough(self):
        alice = self.settings(self.sasl, self.ca, self.user("alice", "alice-secret"))
        topics = ["--topic", self.prefix, "--resource-pattern-type", "prefixed"]
        world = ["simulate", "smart-city", "--duration", "1m", "--set", "populations.sensors.count=50", "--to", "kafka", "--store", "none"]
        with open(alice) as file:
            world += ["--set", f'kafka={json.dumps(json.load(file)["kafka"])}', "--set", f"topics.prefix={self.prefix}"]
        _, message = throng(*world, expect=1, limit=60)
        self.assertIn("this user lacks an ACL on the topic", message)
        self.assertNotIn("alice-secret", message)
        # The simulator's: Create and Write, which holds Describe too.
        self.allow("alice", "Create", *topics)
        self.allow("alice", "Write", *topics)
        throng(*world, "--report", self.path("report.json"), limit=60)
        sent = self.report()["events_by_topic"]["iot.readings"]
        analyze = ["analyze", "city-climate", "--settings", alice, "--store", self.store, "--until-end", "--consumer-group", self.prefix + "g",
                   "--report", self.path("analysis.json")]
        _, message = throng(*analyze, expect=1, limit=60)
        self.assertIn("this user lacks an ACL", message)
        # The analyser's: Read of the topics and of its group; Write, given above, for analytics.*.
        self.allow("alice", "Read", *topics)
        _, message = throng(*analyze, expect=1, limit=60)
        self.assertIn("this user lacks an ACL on the group: Read", message)
        out, _ = throng("peek", self.prefix + "iot.readings", "--settings", alice, "--limit", "3")  # which is in no group
        self.assertEqual(len(out.splitlines()), 3)
        self.allow("alice", "Read", "--group", self.prefix + "g")
        throng(*analyze, limit=60)
        self.assertEqual(self.report("analysis.json")["consumed"], sent)
        self.assertGreater(len(query("windows", self.store)), 0)

    def test_a_run_without_its_group_ends_with_a_sentence_and_with_it_is_let_in(self):
        alice = self.settings(self.sasl, self.ca, self.user("alice", "alice-secret"))
        topics = ["--topic", self.prefix, "--resource-pattern-type", "prefixed"]
        for operation in ("Create", "Write", "Read"):
            self.allow("alice", operation, *topics)
        with open(alice) as file:
            kafka = json.dumps(json.load(file)["kafka"])
        run = ["run", "smart-city", "--duration", "1m", "--set", "populations.sensors.count=50", "--set", f"kafka={kafka}", "--set", f"topics.prefix={self.prefix}",
               "--store", self.store, "--report", self.path("report.json")]
        began = time.monotonic()
        _, message = throng(*run, expect=1, limit=60)
        took = time.monotonic() - began
        self.assertIn("this user lacks an ACL on the group: Read", message)
        self.assertNotIn("alice-secret", message)
        self.assertLess(took, 10 + 5)  # 10 s to be told, and time to make the topics
        self.allow("alice", "Read", "--group", "throng.smart-city")
        throng(*run, limit=60)
        self.assertEqual(self.report()["lost"], 0)


if __name__ == "__main__":
    unittest.main()
