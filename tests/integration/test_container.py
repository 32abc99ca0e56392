"""docker/roomcast.yaml: a gateway from its environment alone."""

import os
import re
import subprocess

import pytest
import redis
import yaml

from rig.client import Refused
from rig.gateway import BINARY, ROOT, Gateway
from rig.tls import certificates
from rig.tokens import SECRET, token
from rig.waiting import seconds

FILE = ROOT / "docker" / "roomcast.yaml"
VARIABLE = re.compile(r"\$\{(\w+)(\[\])?:-([^}]*)\}")
ROW = re.compile(r"^\| `(\w+)` \| (.*?) \| `?(.*?)`? \| (.+) \|$", re.M)
PAGE = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
PORTS = {
    "ROOMCAST_LISTEN_ADDRESS": "127.0.0.1:0",
    "ROOMCAST_ADMIN_LISTEN": "127.0.0.1:0",
}


def variables(node, path=""):
    """(name, key, default) of all in the file, keys without numbers."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from variables(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for item in node:
            yield from variables(item, path)
    else:
        for name, brackets, default in VARIABLE.findall(node):
            yield name, path + brackets, default


FOUND = list(variables(yaml.load(FILE.read_text(), yaml.BaseLoader)))
NAMES = sorted({name for name, _, _ in FOUND})


def test_the_page_has_every_variable_its_keys_and_its_default():
    expected = {}
    for name, key, default in FOUND:
        keys, first = expected.setdefault(name, ([], default))
        if f"`{key}`" not in keys:
            keys.append(f"`{key}`")
        expected[name] = keys, first or default
    rows = ROW.findall(PAGE)
    assert {name: (keys, default) for name, keys, default, _ in rows} == {
        name: (", ".join(keys), default)
        for name, (keys, default) in expected.items()
    }


def test_a_variable_has_the_name_of_its_key():
    """So that who knows a key knows the variable; one is for two keys."""
    for name, key, _ in FOUND:
        if name != "ROOMCAST_AUTH":
            words = key.removesuffix("[]").split(".")
            assert name == "_".join(["roomcast", *words]).upper()


def run(option, env):
    clean = {k: v for k, v in os.environ.items() if k not in NAMES}
    return subprocess.run(
        [BINARY, "-c", FILE, option],
        capture_output=True,
        text=True,
        timeout=seconds(10),
        env={**clean, **env},
    )


def dumped(env):
    done = run("--dump-config", env)
    assert (done.returncode, done.stderr) == (0, "")
    return yaml.load(done.stdout, yaml.BaseLoader)


def test_with_nothing_set_all_has_its_default(tmp_path):
    """But for the addresses: loopback is of no use in a container."""
    (tmp_path / "roomcast.yaml").write_text(
        'listen: [{address: "*:8080"}]\n'
        'admin: {listen: "*:9180"}\n'
        'routes: [{path: "/ws/{room}", rooms: ["{room}"]},\n'
        '  {path: /ws, rooms: ["{query.rooms}"]}]\n'
    )
    plain = subprocess.run(
        [BINARY, "-c", tmp_path / "roomcast.yaml", "--dump-config"],
        capture_output=True,
        timeout=seconds(10),
    ).stdout
    assert dumped({}) == yaml.load(plain, yaml.BaseLoader)
    assert dumped(dict.fromkeys(NAMES, "")) == dumped({})
    assert run("--check-config", {}).returncode == 0


@pytest.fixture
def values(tmp_path, certificates):
    """What is set: for each variable a value that is not the default, what the
    dump then has, and what else must be set with it."""
    for name in "password", "secret", "secret-next":
        (tmp_path / name).write_text(SECRET)
    pair = certificates.rsa
    secret = str(tmp_path / "secret")
    jwt = {
        "ROOMCAST_AUTH": "jwt",
        "ROOMCAST_AUTH_JWT_ALGORITHMS": "HS256",
        "ROOMCAST_AUTH_JWT_SECRET_FILE": secret,
    }
    history = {"ROOMCAST_HISTORY_MEMORY": "2MiB"}
    rsa = {**jwt, "ROOMCAST_AUTH_JWT_ALGORITHMS": "RS256"}
    tls = {
        "ROOMCAST_LISTEN_TLS_CERTIFICATE": str(pair.certificate),
        "ROOMCAST_LISTEN_TLS_KEY": str(pair.key),
    }
    trusted = {"ROOMCAST_LISTEN_TRUSTED": "::1"}
    return {
        "ROOMCAST_LISTEN_ADDRESS": ("[::1]:1",),
        "ROOMCAST_LISTEN_TLS_CERTIFICATE": (str(pair.certificate), tls),
        "ROOMCAST_LISTEN_TLS_KEY": (str(pair.key), tls),
        "ROOMCAST_LISTEN_HEALTH": ("/health",),
        "ROOMCAST_LISTEN_PROXY_PROTOCOL": ("true", trusted),
        "ROOMCAST_LISTEN_TRUSTED": ("10.0.0.0/8, ::1",),
        "ROOMCAST_WORKERS": ("3",),
        "ROOMCAST_BACKEND": ("embedded",),
        "ROOMCAST_CHANNELS_SEND": ("s",),
        "ROOMCAST_CHANNELS_BROADCAST": ("b",),
        "ROOMCAST_CHANNELS_CONTROL": ("c",),
        "ROOMCAST_CHANNELS_MARK": ("m",),
        "ROOMCAST_CHANNELS_ROOM_PREFIX": ("room-",),
        "ROOMCAST_REDIS_URL": ("redis://redis.internal:6379",),
        "ROOMCAST_REDIS_USERNAME": ("gateway",),
        "ROOMCAST_REDIS_PASSWORD_FILE": (str(tmp_path / "password"),),
        "ROOMCAST_REDIS_ON_GAP": ("close",),
        "ROOMCAST_EMBEDDED_LISTEN": ("*:6390",),
        "ROOMCAST_EMBEDDED_PASSWORD_FILE": (str(tmp_path / "password"),),
        "ROOMCAST_AUTH": ("jwt", jwt),
        "ROOMCAST_AUTH_JWT_ALGORITHMS": ("HS256,HS384", jwt),
        "ROOMCAST_AUTH_JWT_SECRET_FILE": (f"{secret}, {secret}-next", jwt),
        "ROOMCAST_AUTH_JWT_PUBLIC_KEY_FILE": (str(pair.certificate), rsa),
        "ROOMCAST_AUTH_JWT_TOKEN": ("cookie.session,query.t", jwt),
        "ROOMCAST_AUTH_JWT_ISSUER": ("https://login.example.com", jwt),
        "ROOMCAST_AUTH_JWT_AUDIENCE": ("push", jwt),
        "ROOMCAST_AUTH_JWT_USER_CLAIM": ("uid", jwt),
        "ROOMCAST_ROUTES_PATH": ("/push",),
        "ROOMCAST_ROUTES_PERMIT": ("claim.rooms", jwt),
        "ROOMCAST_ROUTES_ORIGINS": ("https://a.example, https://*.b.example",),
        "ROOMCAST_ROUTES_SUBPROTOCOLS": ("v2,v1",),
        "ROOMCAST_ROUTES_TRANSPORTS": ("websocket,sse",),
        "ROOMCAST_ROUTES_FRAMES": ("binary",),
        "ROOMCAST_ROUTES_WELCOME": ("true",),
        "ROOMCAST_ROUTES_RESUME": ("5m", history),
        "ROOMCAST_ROUTES_HISTORY": ("50", history),
        "ROOMCAST_LIMITS_CONNECTIONS": ("1000",),
        "ROOMCAST_LIMITS_CONNECTIONS_PER_ADDRESS": ("20",),
        "ROOMCAST_LIMITS_HANDSHAKES_PER_ADDRESS": ("5",),
        "ROOMCAST_LIMITS_PAYLOAD": ("64KiB",),
        "ROOMCAST_DELIVERY_QUEUE": ("8MiB",),
        "ROOMCAST_DELIVERY_MEMORY": ("32MiB",),
        "ROOMCAST_DELIVERY_SLOW_CONSUMER": ("drop_oldest",),
        "ROOMCAST_DELIVERY_COMPRESSION_MIN_SIZE": ("512B",),
        "ROOMCAST_DELIVERY_COMPRESSION_LEVEL": ("6",),
        "ROOMCAST_HISTORY_MEMORY": ("16MiB",),
        "ROOMCAST_HISTORY_MAX_AGE": ("1h",),
        "ROOMCAST_HISTORY_STREAM": ("app:stream",),
        "ROOMCAST_KEEPALIVE_PING_INTERVAL": ("50s",),
        "ROOMCAST_SHUTDOWN_DELAY": ("5s",),
        "ROOMCAST_SHUTDOWN_DRAIN": ("20s",),
        "ROOMCAST_ADMIN_LISTEN": ("127.0.0.1:1",),
        "ROOMCAST_LOG_LEVEL": ("debug",),
        "ROOMCAST_LOG_FORMAT": ("json",),
    }


def at(conf, key):
    """All that the dump has at a key, lists gone through."""
    found = [conf]
    for word in key.removesuffix("[]").split("."):
        found = [x[word] for x in found]
        if word in ("listen", "routes") and isinstance(found[0], list):
            found = [item for items in found for item in items]
    return found


def test_each_variable_lands_at_its_key(values):
    assert sorted(values) == NAMES
    for name, key, _ in FOUND:
        value, *others = values[name]
        env = {**(others[0] if others else {}), name: value}
        parts = re.split(" *, *", value)
        expected = parts if key.endswith("[]") else value
        if key == "routes.path":
            expected = [f"{value}/{{room}}", value]
        found = at(dumped(env), key)
        assert found == (
            expected if key == "routes.path" else [expected] * len(found)
        ), name


@pytest.mark.parametrize(
    "name",
    [x for x in NAMES if re.search("WORKERS|URL|PAYLOAD|DELAY|WELCOME", x)]
    + ["ROOMCAST_LISTEN_TRUSTED", "ROOMCAST_ROUTES_ORIGINS"],
)
def test_a_mistake_names_its_variable_and_hides_the_value(name):
    for option in "--check-config", "--dump-config":
        done = run(option, {name: "hunter2 "})
        assert done.returncode == 2
        for line in done.stderr.splitlines():
            assert re.match(rf"{re.escape(str(FILE))}:\d+:\d+: \S+: ", line)
            assert line.endswith(f"({name} in the environment)")
        assert "hunter2" not in done.stderr + done.stdout


def test_half_of_an_authenticator_lets_nobody_in(values):
    """It is no gateway without one."""
    for name, (value, *_) in values.items():
        if name.startswith("ROOMCAST_AUTH"):
            done = run("--check-config", {name: value})
            assert done.returncode == 2, name
            assert "auth.jwt" in done.stderr


def test_the_dump_masks_the_password_of_a_url():
    done = run("--dump-config", {"ROOMCAST_REDIS_URL": "redis://:s3cret@r"})
    assert "s3cret" not in done.stdout and '"redis://:***@r"' in done.stdout


def test_the_image_has_the_file_and_compose_its_variables():
    """No docker here: what can be said without one."""
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text()
    copied = "COPY docker/roomcast.yaml /etc/roomcast/roomcast.yaml\n"
    assert copied in dockerfile
    assert '"/etc/roomcast/roomcast.yaml"' in dockerfile.split(copied)[1]
    text = (ROOT / "docker" / "compose.yaml").read_text()
    assert set(re.findall(r"ROOMCAST_\w+", text)) <= set(NAMES)
    env = yaml.safe_load(text)["services"]["gateway"]["environment"]
    assert run("--check-config", env).returncode == 0


@pytest.fixture
def container(tmp_path, monkeypatch):
    """Call it to start a daemon with these variables and the image's file."""
    started = []
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)

    def start(**env):
        daemon = Gateway(tmp_path, {}, env={**PORTS, **env})
        daemon.conf_path = FILE
        started.append(daemon)
        return daemon.start()

    yield start
    for daemon in started:
        daemon.finish()
        print(daemon.log())


def test_a_gateway_of_a_redis(container, redis_server, connect, tmp_path):
    """With a password, tokens, origins and a trusted proxy."""
    redis_server.cli("CONFIG", "SET", "requirepass", "s3cret")
    (tmp_path / "password").write_text("s3cret")
    (tmp_path / "secret").write_text(SECRET)
    daemon = container(
        ROOMCAST_REDIS_URL=redis_server.url,
        ROOMCAST_REDIS_PASSWORD_FILE=str(tmp_path / "password"),
        ROOMCAST_AUTH="jwt",
        ROOMCAST_AUTH_JWT_ALGORITHMS="HS256",
        ROOMCAST_AUTH_JWT_SECRET_FILE=str(tmp_path / "secret"),
        ROOMCAST_ROUTES_ORIGINS="https://a.example, https://b.example",
        ROOMCAST_LISTEN_TRUSTED="127.0.0.0/8,::1",
        ROOMCAST_LOG_LEVEL="debug",
    )
    daemon.wait_ready()
    good = f"?token={token(SECRET, 'HS256')}"
    b = {"Origin": "https://b.example", "X-Forwarded-For": "192.0.2.7"}
    client = connect(daemon, f"/ws/lobby{good}", extra_headers=b)
    daemon.wait_log("192.0.2.7")
    redis_server.client(password="s3cret").publish("roomcast:room:lobby", "hi")
    assert client.recv() == "hi"
    for path, headers, status in [
        ("/ws/lobby", b, 401),
        (f"/ws/lobby{good}", {"Origin": "https://c.example"}, 403),
    ]:
        with pytest.raises(Refused) as refused:
            connect(daemon, path, extra_headers=headers)
        assert refused.value.status_code == status


def test_a_gateway_of_its_own(container, connect):
    daemon = container(
        ROOMCAST_BACKEND="embedded",
        ROOMCAST_EMBEDDED_LISTEN="127.0.0.1:0",
        ROOMCAST_ROUTES_PATH="/push",
        ROOMCAST_ROUTES_RESUME="true",
        ROOMCAST_HISTORY_MEMORY="1MiB",
        ROOMCAST_WORKERS="1",
        ROOMCAST_LIMITS_PAYLOAD="2KiB",
    )
    client = connect(daemon, "/push?rooms=a,b")
    publisher = daemon.publisher()
    with pytest.raises(redis.ResponseError):
        publisher.publish("roomcast:room:b", "x" * 4096)
    publisher.publish("roomcast:room:b", "small")
    assert client.recv() == "small"
