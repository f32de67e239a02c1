"""A proxy of our own between a program and a server: cuts connections, leaves them half open, slows them down, and lets writes to MongoDB fail."""
import select
import socket
import struct
import threading
import time


class Proxy:
    """Listens on 127.0.0.1:PORT (0: any that is free) and passes to TARGET. With `mongodb`, whole messages are passed, and writes may be made to fail."""

    def __init__(self, target, port=0, mongodb=False):
        self.target = target
        self.mongodb = mongodb
        self.delay_s = 0.0  # before each message to the server
        self.fail_every = 0  # of so many writes one fails: refused, or done and its answer lost, in turn
        self.full = False  # each write is refused for want of room on the server's disk
        self.failed = 0
        self.cut_connections = 0
        self.open = True
        self.lock = threading.Lock()
        self.writes = 0
        self.pairs = []  # (client, server, frozen)
        self.listener = socket.create_server(("127.0.0.1", port), backlog=128, reuse_port=False)
        self.port = self.listener.getsockname()[1]
        self.closing = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.closing:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if not self.open:
                client.close()
                continue
            try:
                server = socket.create_connection(self.target, timeout=5)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            frozen = threading.Event()
            with self.lock:
                self.pairs = [pair for pair in self.pairs if pair[0].fileno() >= 0]
                self.pairs.append((client, server, frozen))
            for source, sink, outward in ((client, server, True), (server, client, False)):
                threading.Thread(target=self.pump, args=(source, sink, outward, frozen), daemon=True).start()

    def pump(self, source, sink, outward, frozen):
        pending = b""
        try:
            while True:
                data = source.recv(1 << 16)
                if not data:
                    break
                while frozen.is_set():  # nothing is passed on any more, nothing is said either
                    time.sleep(0.2)
                if not (outward and self.mongodb):
                    sink.sendall(data)
                    continue
                pending += data
                while len(pending) >= 4 and len(pending) >= (size := struct.unpack("<i", pending[:4])[0]):
                    message, pending = pending[:size], pending[size:]
                    if self.delay_s:
                        time.sleep(self.delay_s)
                    if not self.pass_message(message, source, sink):
                        return
        except OSError:
            pass
        finally:
            for each in (source, sink):
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                each.close()

    def pass_message(self, message, client, server):
        """Passes a message of MongoDB's protocol, or lets it fail if its turn has come; false: the connection is over."""
        command = command_of(message)
        writes = command in (b"insert", b"update", b"delete", b"findAndModify")
        if writes and self.full:
            self.failed += 1
            client.sendall(refusal(struct.unpack("<i", message[4:8])[0], 14031, "OutOfDiskSpace", "no space left on the test's device"))
            return True
        if not self.fail_every or not writes:
            server.sendall(message)
            return True
        with self.lock:
            self.writes += 1
            fails = self.writes % self.fail_every == 0
            refused = self.failed % 2 == 0
            self.failed += fails
        if not fails:
            server.sendall(message)
        elif refused:
            client.sendall(refusal(struct.unpack("<i", message[4:8])[0]))
        else:
            server.sendall(message)
            select.select([server], [], [], 5)  # the server has answered, so it has done it
            return False
        return True

    def cut(self):
        """Every connection of this moment."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for client, server, _ in pairs:
            for each in (client, server):
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.cut_connections += len(pairs)
        return len(pairs)

    def leave_half_open(self):
        """Every connection of this moment stays open, and carries nothing any more; new ones do."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for _, _, frozen in pairs:
            frozen.set()
        return len(pairs)

    def close(self):
        self.closing = True
        self.listener.close()
        self.cut()


def command_of(message):
    """The name of an OP_MSG's command: its document's first field (MongoDB's wire protocol: header of 16 bytes, flags, sections)."""
    if len(message) < 27 or struct.unpack("<i", message[12:16])[0] != 2013 or message[20] != 0:
        return b""
    return message[26:message.index(b"\0", 26)]


def refusal(request, code=11600, name="InterruptedAtShutdown", why="refused by the test"):
    """An answer to REQUEST: {ok: 0.0, errmsg: …, code: …, codeName: …}; 11600 is what a server gives that is going down."""
    string = lambda text: struct.pack("<i", len(text) + 1) + text.encode() + b"\0"
    fields = (b"\x01ok\0" + struct.pack("<d", 0.0) + b"\x02errmsg\0" + string(why)
              + b"\x10code\0" + struct.pack("<i", code) + b"\x02codeName\0" + string(name))
    document = struct.pack("<i", len(fields) + 5) + fields + b"\0"
    body = struct.pack("<I", 0) + b"\0" + document
    return struct.pack("<iiii", 16 + len(body), 1, request, 2013) + body
