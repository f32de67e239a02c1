"""A server that takes rows by POST: Elasticsearch's bulk requests below any index, and plain lines at /lines. It keeps what it was sent, and fails as a test wants."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_POST(self):
        of = self.server.of
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with of.lock:
            of.headers.append(dict(self.headers))
            of.requests += 1
            fate = of.fate(of.requests)
            bulk = self.path.endswith("/_bulk")
            rows = body.splitlines()
            if bulk:
                rows = [(json.loads(rows[i])["index"]["_id"], json.loads(rows[i + 1])) for i in range(0, len(rows), 2)]
            else:
                rows = [(None, json.loads(row)) for row in rows]
            if fate == "half":  # the connection breaks when half of the batch is in
                self.take(rows[:len(rows) // 2])
                self.close_connection = True
                return
            if isinstance(fate, int):
                self.answer(fate, b"<html>no</html>")
                return
            self.answer(200, json.dumps({"took": 1, "errors": True, "items": self.take(rows)}).encode())

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

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class BulkServer:
    def __init__(self):
        self.lock = threading.Lock()
        self.documents = {}  # by id
        self.taken = []  # each row as often as it came
        self.headers = []
        self.requests = 0
        self.fate = lambda number: None  # of a request: "half", a status, or None: it is taken
        self.item = lambda row: 201  # of a row
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.of = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}/{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
