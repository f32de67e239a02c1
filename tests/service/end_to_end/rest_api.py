"""A REST API of the tests' own that pages rows in every way there is, and misbehaves as it is told."""
import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class RestApi:
    """`rows` behind /page, /offset, /cursor, /link and /next; `script` holds what the next answers do instead: a status, (status, headers), or a word."""

    def __init__(self, rows, size=10, tls=None):
        self.rows, self.size, self.script, self.requests = rows, size, [], []
        self.let_go = threading.Event()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                api.answer(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self.let_go.set()
        self.server.shutdown()
        self.server.server_close()

    def send(self, to, body, status=200, headers=()):
        to.send_response(status)
        for name, value in headers:
            to.send_header(name, value)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)

    def answer(self, to):
        parts = urlsplit(to.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.requests.append((parts.path, query, dict(to.headers)))
        try:
            instead = self.script.pop(0) if self.script else None
            if instead is not None:
                return self.misbehave(to, instead, parts, query)
            self.page(to, parts.path.strip("/").split("/")[0], query)
        except (ConnectionError, BrokenPipeError):
            pass

    def page(self, to, by, query, cut=False):
        rows = [row for row in self.rows if "department" not in query or row.get("department") == query["department"]]
        size = int(query.get("size", self.size))
        start = {"page": lambda: (int(query.get("page", 1)) - 1) * size, "repeat": lambda: 0}.get(
            by, lambda: int(query.get({"offset": "offset", "cursor": "cursor"}.get(by, "after"), 0)))()
        body, headers = {"results": rows[start:start + size]}, [("Content-Encoding", "gzip")]
        more = start + size < len(rows)
        department = f"&department={query['department']}" if "department" in query else ""
        if by == "cursor":
            body["meta"] = {"next": str(start + size) if more else None}
        if by == "next" and more:
            body["next"] = f"{self.url}/next?after={start + size}&size={size}{department}"
        if by == "link" and more:
            headers.append(("Link", f'</link?after={start + size}>; rel="next"'))
        text = json.dumps(body).encode()
        if cut:
            return self.send(to, text[:-5])
        self.send(to, gzip.compress(text), headers=headers)

    def misbehave(self, to, how, parts, query):
        if isinstance(how, int):
            return self.send(to, b"busy", how)
        if isinstance(how, tuple):
            return self.send(to, b"busy", how[0], how[1])
        if how == "html":
            return self.send(to, b"<html><body>Down for maintenance</body></html>", headers=[("Content-Type", "text/html")])
        if how == "truncated":
            return self.page(to, parts.path.strip("/"), query, cut=True)
        if how == "closed":
            to.close_connection = True
            return to.connection.close()
        if how == "drip":  # a byte now and then, without an end
            to.send_response(200)
            to.send_header("Content-Length", "1000000")
            to.end_headers()
            while not self.let_go.wait(0.05):
                to.wfile.write(b" ")
                to.wfile.flush()
        if how == "huge":  # says so
            to.send_response(200)
            to.send_header("Content-Length", str(1 << 30))
            to.end_headers()
            return to.wfile.write(b"[" * 100)
        if how == "endless":  # does not say so
            to.send_response(200)
            to.send_header("Connection", "close")
            to.end_headers()
            to.close_connection = True
            for _ in range(1 << 14):
                to.wfile.write(b" " * (1 << 16))
