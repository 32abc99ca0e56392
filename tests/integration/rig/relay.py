"""A TCP relay in front of a server: what goes to and fro can be held."""

import socket
import threading


class Relay:
    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.flows = threading.Event()  # what goes to the server
        self.flows.set()
        self.answers = threading.Event()  # what comes from it
        self.answers.set()
        self.held = b""  # only pieces that hold this are held
        self.sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.listener.getsockname()[1]}"

    def hold(self, text=b""):
        self.held = text
        self.flows.clear()

    def hold_answers(self):
        self.answers.clear()

    def release(self):
        self.flows.set()
        self.answers.set()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.target)
            except OSError:
                near.close()  # the server is away
                continue
            self.sockets += [near, far]
            ways = (near, far, self.flows), (far, near, self.answers)
            for a, b, gate in ways:
                threading.Thread(
                    target=self._pump, args=(a, b, gate), daemon=True
                ).start()

    def cut(self):
        """End all connections; new ones may come."""
        sockets, self.sockets = self.sockets, []
        for s in sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)  # its thread waits in recv
            except OSError:
                pass  # it has ended already
            s.close()

    def _pump(self, source, sink, gate):
        try:
            while data := source.recv(65536):
                if self.held in data:
                    gate.wait()
                self._pass(data, source, sink)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side has gone, and the other will see it

    def _pass(self, data, source, sink):
        sink.sendall(data)

    def finish(self):
        self.release()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for s in self.sockets:
            s.close()
