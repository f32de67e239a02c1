"""A server that speaks as much of S3 as files need: put, also in parts, get, also a part, head, list, delete. It can be told to fail, and keeps what it was
asked. Signatures are looked at by the real server in `./dev test --full`; this one looks only at who asks."""
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

KEY, SECRET = "key-of-the-tests", "secret-of-the-tests"


def without_chunks(body):
    """What `aws-chunked` wraps: SIZE[;signature] CRLF bytes CRLF, until a size of 0 and what trails."""
    plain = b""
    while body:
        head, _, body = body.partition(b"\r\n")
        size = int(head.split(b";")[0], 16)
        if size == 0:
            break
        plain, body = plain + body[:size], body[size + 2:]
    return plain


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def fault(self, status, code):
        self.answer(status, f"<Error><Code>{code}</Code><Message>said by the tests</Message></Error>".encode(), Content_Type="application/xml")

    def xml(self, body):
        self.answer(200, f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode(), Content_Type="application/xml")

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        plain = b""
        while (size := int(self.rfile.readline().split(b";")[0], 16)):
            plain += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return plain

    def handle_any(self):
        s3 = self.server.s3
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        bucket, _, key = urllib.parse.unquote(url.path).lstrip("/").partition("/")
        body = self.body()
        if "aws-chunked" in self.headers.get("Content-Encoding", "") or self.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
            body = without_chunks(body)
        if f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
            return self.fault(403, "InvalidAccessKeyId")
        with s3.lock:
            s3.asked.append((self.command, key, sorted(query)))
            if (refuse := s3.refuse(self.command, key, query)):
                return self.fault(*refuse)
            if bucket != s3.bucket:
                return self.fault(404, "NoSuchBucket")
            if s3.unanswered(self.command, key):
                self.answer = lambda *_, **__: None
            return self.act(s3, key, query, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    def act(self, s3, key, query, body):
        if self.command == "GET" and not key:
            return self.list(s3, query)
        if self.command in ("GET", "HEAD"):
            if not key:
                return self.answer(200)
            if key not in s3.objects:
                return self.fault(404, "NoSuchKey")
            body, about = s3.objects[key], {"ETag": '"x"', "Last_Modified": "Mon, 05 Jan 2026 08:00:00 GMT"}
            if (part := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))):
                first, last = int(part[1]), min(int(part[2]), len(body) - 1)
                return self.answer(206, body[first:last + 1], Content_Range=f"bytes {first}-{last}/{len(body)}", **about)
            return self.answer(200, body, **about)
        if self.command == "POST" and "uploads" in query:
            s3.uploads[upload := f"u{len(s3.asked)}"] = {}
            return self.xml(f"<InitiateMultipartUploadResult><Bucket>{s3.bucket}</Bucket><Key>{escape(key)}</Key><UploadId>{upload}</UploadId>"
                            "</InitiateMultipartUploadResult>")
        if "uploadId" in query:
            parts = s3.uploads[query["uploadId"][0]]
            if self.command == "PUT":
                parts[int(query["partNumber"][0])] = body
                return self.answer(200, ETag='"x"')
            del s3.uploads[query["uploadId"][0]]
            if self.command == "DELETE":
                return self.answer(204)
            s3.objects[key] = b"".join(parts[int(n)] for n in re.findall(r"<PartNumber>(\d+)<", body.decode()))
            return self.xml("<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
        if self.command == "PUT":
            s3.objects[key] = body
            return self.answer(200, ETag='"x"')
        if self.command == "DELETE":
            s3.objects.pop(key, None)
            return self.answer(204)
        return self.fault(501, "NotImplemented")

    def list(self, s3, query):
        prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
        keys, folders = [], set()
        for key in sorted(s3.objects):
            if key.startswith(prefix):
                rest = key[len(prefix):]
                if delimiter and delimiter in rest:
                    folders.add(prefix + rest.split(delimiter)[0] + delimiter)
                else:
                    keys.append(key)
        contents = "".join(f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-05T08:00:00.000Z</LastModified><ETag>x</ETag>"
                           f"<Size>{len(s3.objects[key])}</Size></Contents>" for key in keys)
        common = "".join(f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in sorted(folders))
        self.xml(f"<ListBucketResult><Name>{s3.bucket}</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(keys) + len(folders)}</KeyCount>"
                 f"<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>{contents}{common}</ListBucketResult>")


class S3Server:
    """One bucket, in memory."""

    def __init__(self, bucket="lake"):
        self.bucket = bucket
        self.objects = {}
        self.uploads = {}
        self.asked = []
        self.lock = threading.Lock()
        self.refuse = lambda command, key, query: None  # or (status, code)
        self.unanswered = lambda command, key: False  # or done, without a word of it
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a client that was killed
        self.server.s3 = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def kills_at_put(self, running, number, arrives=True):
        """Kills who writes at its `number`-th put, which is carried out or refused; nobody is answered from there until it is gone."""
        puts = []

        def kill(command, *_):
            puts.extend([command] if command == "PUT" else [])
            if len(puts) == number and command == "PUT":
                running.kill()
            return len(puts) >= number

        if arrives:
            self.unanswered = kill
        else:
            self.refuse = lambda command, key, query: (503, "SlowDown") if kill(command) else None
        status = running.wait(60)
        self.unanswered, self.refuse = lambda *_: False, lambda *_: None
        return status

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def url(self, path):
        return f"s3://{self.bucket}/{path}?scheme=http&endpoint_override=127.0.0.1:{self.server.server_address[1]}"

    def files(self, prefix=""):
        """Without the empty marks that a folder leaves whose last file is gone."""
        with self.lock:
            return {key: body for key, body in self.objects.items() if key.startswith(prefix) and not key.endswith("/")}
