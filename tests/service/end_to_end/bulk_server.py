"""A server that takes rows by POST: Elasticsearch's bulk requests below any index, and plain lines at any other path. It keeps what it was sent, and fails as a test wants."""
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_POST(self):
        of = self.server.of
        arrived = time.monotonic()
        rows = self.rfile.read(int(self.headers["Content-Length"])).decode().splitlines()
        if self.path.endswith("/_bulk"):
            rows = [(json.loads(rows[i])["index"]["_id"], json.loads(rows[i + 1])) for i in range(0, len(rows), 2)]
        else:
            rows = [(None, json.loads(row)) for row in rows]
        with of.lock:
            of.headers.append(dict(self.headers))
            of.requests += 1
            of.arrived.append(arrived)
            fate = of.fate(of.requests)
            items = [] if fate == "gone" or isinstance(fate, (int, tuple)) else self.take(rows[:len(rows) // 2] if fate == "half" else rows)
        if fate in ("half", "gone"):  # the connection breaks when half of the batch is in, or nothing
            self.close_connection = True
        elif fate == "slow":  # all is in, but who sent it never hears of it
            of.closed.wait(60)
            self.close_connection = True
        elif isinstance(fate, (int, tuple)):
            self.answer(*(fate if isinstance(fate, tuple) else (fate, {})), b"<html>no</html>")
        else:
            self.answer(200, {}, json.dumps({"took": 1, "errors": True, "items": items}).encode())

    def take(self, rows):
        of = self.server.of
        items = []
        for name, row in rows:
            status = of.item(row)
            if status < 300:
                of.taken.append(row)
                of.documents[name] = row
            items.append({"index": {"_id": name, "status": status, **({} if status < 300 else {"error": {"type": "mapper_parsing_exception", "reason": "said by the tests"}})}})
        return items

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": len(body)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)


class BulkServer:
    def __init__(self, tls=None):
        self.lock = threading.Lock()
        self.closed = threading.Event()
        self.documents = {}  # by id
        self.taken = []  # each row as often as it came
        self.headers = []
        self.arrived = []  # the monotonic time of each request
        self.requests = 0
        self.fate = lambda number: None  # of a request: "half", "gone", "slow", a status, (a status, headers), or None: it is taken
        self.item = lambda row: 201  # of a row
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.of = self
        self.scheme = "https" if tls else "http"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"{self.scheme}://127.0.0.1:{self.server.server_port}/{path}"

    def close(self):
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()
