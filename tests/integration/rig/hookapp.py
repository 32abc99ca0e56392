"""An app that is asked by auth type http, and may misbehave in every way.

The last part of the path says how it answers: /ok, /status/403, /chunked,
/hang and so on (see the methods named answer_*); /auth answers as the
attribute `mode` says. Each request is kept in `calls`, and in `heads` as the
bytes that came.

As a program it serves until its standard input ends; the first line it prints
is its port. Under /control/ it then tells and changes its state.
"""

import json
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler

HUGE = 1_000_000
VAST = 100_000_000


class Tee:
    """A stream of requests that keeps the lines read from it."""

    def __init__(self, stream):
        self.stream = stream
        self.lines = b""

    def readline(self, *args):
        line = self.stream.readline(*args)
        self.lines += line
        return line

    def take(self):
        lines, self.lines = self.lines, b""
        return lines

    def close(self):
        self.stream.close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.rfile = Tee(self.rfile)
        self.served = 0

    def do_GET(self):
        app = self.server.app
        path = self.path.partition("?")[0]
        if path.startswith("/control/"):
            self.control(*path.split("/")[2:])
            return
        mode, *rest = path[1:].split("/")
        if mode == "auth":
            mode, *rest = app.mode.split("/")
        app.enter(self)
        try:
            getattr(self, "answer_" + mode.replace("-", "_"))(*rest)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            app.leave()
        self.served += 1

    def control(self, what, value=None):
        app = self.server.app
        if what == "release":
            app.released.set()
        elif what == "mode":
            app.mode = value
        self.send_json(app.state())

    # --- well-behaved answers ---

    def send_json(self, what, status=200, **headers):
        self.send_body(json.dumps(what).encode(), status, **headers)

    def send_body(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_ok(self):
        self.send_json(self.server.app.answer, **self.server.app.headers)

    def answer_body(self):
        """As `body` says, to the byte."""
        self.send_body(self.server.app.body)

    def answer_echo(self):
        """As a user, the whole request, as its client has written it."""
        head = self.requestline + "\n" + str(self.headers).strip()
        self.send_json({"user": "42", "head": head})

    def answer_status(self, status):
        self.send_body(b"so be it\n", int(status))

    def answer_gifts(self):
        """Admitted, with headers that are none of the client's business."""
        self.send_json(
            self.server.app.answer,
            Set_Cookie="app=1",
            X_Gift="a\tb",
            Sec_WebSocket_Protocol="gift",
        )

    def answer_empty(self):
        self.send_body(b"")

    def answer_nothing(self):
        self.send_response(204)
        self.end_headers()

    def answer_redirect(self):
        self.send_body(b"", 302, Location="/ok")

    def answer_chunked(self):
        text = json.dumps(self.server.app.answer).encode()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for i in range(len(text)):
            self.wfile.write(b"1;x=y\r\n%c\r\n" % text[i])
        self.wfile.write(b"0\r\nTrailer: yes\r\n\r\n")

    def answer_early_hints(self):
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        self.answer_ok()

    def answer_until_close(self):
        text = json.dumps(self.server.app.answer).encode()
        self.raw(b"HTTP/1.0 200 OK\r\n\r\n" + text)

    def answer_bytes(self):
        """One byte at a time."""
        text = json.dumps(self.server.app.answer).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text)
        for byte in head + text:
            self.wfile.write(bytes([byte]))

    def answer_hold(self):
        """Answer when it is released."""
        self.server.app.released.wait(60)
        self.answer_ok()

    def answer_slow(self, milliseconds):
        time.sleep(int(milliseconds) / 1000)
        self.answer_ok()

    def answer_once(self):
        """Close the connection when it is used a second time."""
        if self.served > 0:
            self.close_connection = True
        else:
            self.answer_ok()

    def answer_dismiss(self):
        """Close behind an answer that promised to keep the connection."""
        self.answer_ok()
        self.close_connection = True

    # --- the others ---

    def raw(self, data):
        self.wfile.write(data)
        self.close_connection = True

    def answer_hang(self):
        """Never a word; until the other side gives up."""
        self.connection.recv(1)
        self.close_connection = True

    def answer_hang_within(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")
        self.answer_hang()

    def answer_text(self):
        self.send_body(b"<h1>It works!</h1>")

    def answer_huge(self):
        self.send_body(b" " * HUGE)

    def answer_vast(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
        self.wfile.write(head % VAST)
        for _ in range(VAST // 100_000):
            self.wfile.write(b" " * 100_000)

    def answer_endless(self):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.wfile.write(head)
        while True:
            self.wfile.write(b"1000\r\n" + b" " * 4096 + b"\r\n")

    def answer_endless_head(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-More: " + b"x" * 100 + b"\r\n")

    def answer_garbage(self):
        self.raw(b"\x15\x03\x01\x00\x02\x02\x16\r\n" * 100)

    def answer_never(self):
        """Close without a byte."""
        self.close_connection = True

    def answer_cut(self):
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")

    def answer_two_lengths(self):
        self.raw(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
            b"Content-Length: 3\r\n\r\n{} "
        )

    def answer_upgrade(self):
        self.raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")

    def answer_stuffed(self):
        """A refusal, and behind it what would admit the next one."""
        self.wfile.write(
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n"
            b'{"user":"admin"}'
        )

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def finish_request(self, request, client_address):
        if self.app.context is None:
            super().finish_request(request, client_address)
            return
        with self.app.context.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)
            if self.app.says_goodbye:
                secure.settimeout(60)
                secure.unwrap()

    def handle_error(self, request, client_address):
        """A client that goes away is no error here."""


class HookApp:
    """Serves in a thread, through TLS with an ssl.SSLContext. `url` is what to
    ask; see the top of the file."""

    def __init__(
        self, mode="ok", answer=None, port=0, host="127.0.0.1", context=None
    ):
        self.host = host
        self.context = context
        self.says_goodbye = True  # ends TLS before it closes
        self.mode = mode
        self.answer = answer if answer is not None else {"user": "42"}
        self.body = b""
        self.headers = {}  # of an answer that is ok
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.calls = []
        self.heads = []
        self.connections = 0
        self.parallel = 0
        self.max_parallel = 0
        self.server = Server((host, port), Handler)
        self.server.app = self
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(
            target=self.server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def url(self):
        scheme = "https" if self.context else "http"
        return f"{scheme}://{self.host}:{self.port}/auth"

    def enter(self, handler):
        with self.lock:
            self.connections += handler.served == 0
            self.parallel += 1
            self.max_parallel = max(self.max_parallel, self.parallel)
            self.calls.append((handler.path, handler.headers.items()))
            self.heads.append(handler.rfile.take())

    def leave(self):
        with self.lock:
            self.parallel -= 1

    def state(self):
        with self.lock:
            return {
                "calls": len(self.calls),
                "connections": self.connections,
                "parallel": self.parallel,
                "max_parallel": self.max_parallel,
            }

    def start(self):
        self.thread.start()
        return self

    def finish(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def main():
    app = HookApp(answer={"user": "42", "rooms": ["a", "b"]}).start()
    print(app.port, flush=True)
    sys.stdin.read()
    app.finish()


if __name__ == "__main__":
    main()
