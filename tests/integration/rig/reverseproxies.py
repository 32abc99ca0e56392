"""nginx and HAProxy in front of a gateway, configured by docs/security.md.

Both run without privileges, in a folder of the test, with what the page says
they need: only ports, paths and, where a test asks for it, the idle time-out
are replaced.
"""

import os
import shutil
import socket
import subprocess

import pytest

from .pages import filled, snippet
from .ports import free_port
from .tls import trusting
from .waiting import eventually, seconds

PAGE = "docs/security.md"
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"

# What /etc/nginx/nginx.conf has around the snippet.
NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/roomcast.conf;
}}
"""


def program(name):
    """Its path; skips the test where it is missing, except in CI."""
    path = shutil.which(name, path=f"{os.environ['PATH']}:{SBIN}")
    if path is None:
        assert os.environ.get("CI") != "true", f"{name} is missing in CI"
        pytest.skip(f"{name} is not installed")
    return path


class Proxy:
    """A proxy process. Subclasses write the files and say what to run."""

    listen = "address: 127.0.0.1:8080"  # which listener the page says it has

    def __init__(self, folder, pair, gateway, second=None):
        """second is the other instance; without it both are the same."""
        self.folder = folder
        self.pair = pair
        self.gateway = gateway
        self.second = second or gateway
        self.port = free_port()
        self.process = None

    def start(self, idle="60s"):
        self.log_path = self.folder / "output"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                self.command(idle),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(self.answers, 10, "the proxy answers")
        return self

    def answers(self):
        assert self.process.poll() is None, self.log_path.read_text()
        with socket.socket() as s:
            return s.connect_ex(self.address) == 0

    def finish(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(seconds(10))
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait(10)

    def logs(self):
        """Where the proxy writes of its clients: paths."""
        return [*self.folder.glob("*.log"), self.log_path]

    @property
    def address(self):
        return "127.0.0.1", self.port

    def url(self, path="/ws/lobby"):
        return f"wss://127.0.0.1:{self.port}{path}"

    def context(self):
        return trusting(self.pair)

    @staticmethod
    def upstream(gateway):
        return f"127.0.0.1:{gateway.address()[1]}"

    @staticmethod
    def admin_port(gateway):
        return gateway.admin_url.rpartition(":")[2]

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)


class Nginx(Proxy):
    name = "nginx"

    def site(self, idle):
        """What the page has for its site, with what is ours."""
        return filled(
            snippet(PAGE, "nginx", "proxy_pass"),
            {
                "127.0.0.1:8080": self.upstream(self.gateway),
                "127.0.0.1:8081": self.upstream(self.second),
                "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                "/etc/nginx/push.example.com.pem": str(self.pair.certificate),
                "/etc/nginx/push.example.com.key": str(self.pair.key),
                "/var/log/nginx/roomcast.log": f"{self.folder}/access.log",
                "proxy_read_timeout 60s": f"proxy_read_timeout {idle}",
            },
        )

    def command(self, idle):
        program_path = program("nginx")
        self.write("roomcast.conf", self.site(idle))
        conf = self.write("nginx.conf", NGINX.format(folder=self.folder))
        errors = str(self.folder / "error.log")
        return [program_path, "-p", str(self.folder), "-c", conf, "-e", errors]


class HAProxy(Proxy):
    name = "haproxy"

    def both(self):
        """The file that has the certificate and its key."""
        return self.write(
            "both.pem",
            self.pair.certificate.read_text() + self.pair.key.read_text(),
        )

    def values(self, idle):
        return {
            **self.servers(8080, "check port"),
            "bind :443": f"bind 127.0.0.1:{self.port}",
            "/etc/haproxy/push.example.com.pem": self.both(),
            "timeout tunnel 60s": f"timeout tunnel {idle}",
        }

    def servers(self, port, between):
        """What stands on the page for each server, and is meant."""
        return {
            f"127.0.0.1:{port + i} {between} {9180 + i}": (
                f"{self.upstream(gateway)} {between} "
                f"{self.admin_port(gateway)}"
            )
            for i, gateway in enumerate((self.gateway, self.second))
        }

    which = "option forwardfor"

    def site(self, idle):
        return filled(snippet(PAGE, "haproxy", self.which), self.values(idle))

    def command(self, idle):
        program_path = program("haproxy")
        path = self.write("haproxy.cfg", self.site(idle))
        return [program_path, "-db", "-f", path]


class HAProxyForBytes(HAProxy):
    """It passes TLS on and says who the client is in a PROXY header."""

    listen = "address: 127.0.0.1:8443"
    which = "send-proxy-v2"

    def values(self, idle):
        return {
            **self.servers(8443, "send-proxy-v2 check port"),
            "bind :443": f"bind 127.0.0.1:{self.port}",
            "timeout client 60s": f"timeout client {idle}",
            "timeout server 60s": f"timeout server {idle}",
        }


KINDS = {
    "nginx": Nginx,
    "haproxy": HAProxy,
    "haproxy-tcp": HAProxyForBytes,
}
