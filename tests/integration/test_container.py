"""docker/roomcast.yaml: a gateway from its environment alone."""

import json
import os
import re
import shutil
import socket
import subprocess

import pytest
import redis
import yaml

from rig.client import Refused
from rig.gateway import BASE, BINARY, ROOT, Gateway, merged, write_conf
from rig.ports import free_port
from rig.schemas import compose_mistakes
from rig.tls import certificates
from rig.tokens import SECRET, token
from rig.waiting import seconds

FILE = ROOT / "docker" / "roomcast.yaml"
VARIABLE = re.compile(r"\$\{(\w+)(\[\])?:-([^${}]*)")
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
        if name not in ("ROOMCAST_AUTH", "REDIS_URL"):
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
    tickets = tmp_path / "ticket-keys"
    tickets.write_text("12" * 32)
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
    rediss = {"ROOMCAST_REDIS_URL": "rediss://redis.internal"}
    pair_for_redis = {
        **rediss,
        "ROOMCAST_REDIS_TLS_CERTIFICATE": str(pair.certificate),
        "ROOMCAST_REDIS_TLS_KEY": str(pair.key),
    }
    sentinel = {
        "ROOMCAST_REDIS_SENTINEL_MASTER": "mymaster",
        "ROOMCAST_REDIS_SENTINEL_ADDRESSES": "a:26379",
    }
    pair_for_sentinels = {
        **sentinel,
        "ROOMCAST_REDIS_SENTINEL_TLS_CERTIFICATE": str(pair.certificate),
        "ROOMCAST_REDIS_SENTINEL_TLS_KEY": str(pair.key),
    }
    return {
        "ROOMCAST_LISTEN_ADDRESS": ("[::1]:1",),
        "ROOMCAST_LISTEN_TLS_CERTIFICATE": (str(pair.certificate), tls),
        "ROOMCAST_LISTEN_TLS_KEY": (str(pair.key), tls),
        "ROOMCAST_LISTEN_TLS_TICKET_KEYS": (str(tickets), tls),
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
        "REDIS_URL": ("redis://redis.internal:6379",),
        "ROOMCAST_REDIS_USERNAME": ("gateway",),
        "ROOMCAST_REDIS_PASSWORD_FILE": (str(tmp_path / "password"),),
        "ROOMCAST_REDIS_TLS_CA": (str(pair.certificate), rediss),
        "ROOMCAST_REDIS_TLS_CERTIFICATE": (str(pair.certificate), pair_for_redis),
        "ROOMCAST_REDIS_TLS_KEY": (str(pair.key), pair_for_redis),
        "ROOMCAST_REDIS_TLS_SERVER_NAME": ("redis.example.com", rediss),
        "ROOMCAST_REDIS_SENTINEL_MASTER": ("main", sentinel),
        "ROOMCAST_REDIS_SENTINEL_ADDRESSES": ("a:26379, b:26379", sentinel),
        "ROOMCAST_REDIS_SENTINEL_USERNAME": ("watcher", sentinel),
        "ROOMCAST_REDIS_SENTINEL_PASSWORD_FILE": (
            str(tmp_path / "password"),
            sentinel,
        ),
        "ROOMCAST_REDIS_SENTINEL_TLS_CA": (str(pair.certificate), sentinel),
        "ROOMCAST_REDIS_SENTINEL_TLS_CERTIFICATE": (
            str(pair.certificate),
            pair_for_sentinels,
        ),
        "ROOMCAST_REDIS_SENTINEL_TLS_KEY": (str(pair.key), pair_for_sentinels),
        "ROOMCAST_REDIS_CLUSTER_ADDRESSES": ("a:6379, b:6380",),
        "ROOMCAST_REDIS_CLUSTER_SHARDED": (
            "true",
            {"ROOMCAST_REDIS_CLUSTER_ADDRESSES": "a:6379"},
        ),
        "ROOMCAST_REDIS_ROLE": ("any",),
        "ROOMCAST_REDIS_ON_GAP": ("close",),
        "ROOMCAST_EMBEDDED_LISTEN": ("*:6390",),
        "ROOMCAST_EMBEDDED_PASSWORD_FILE": (str(tmp_path / "password"),),
        "ROOMCAST_AUTH": ("jwt", jwt),
        "ROOMCAST_AUTH_JWT_ALGORITHMS": ("HS256,HS384", jwt),
        "ROOMCAST_AUTH_JWT_SECRET_FILE": (f"{secret}, {secret}-next", jwt),
        "ROOMCAST_AUTH_JWT_PUBLIC_KEY_FILE": (str(pair.certificate), rsa),
        "ROOMCAST_AUTH_JWT_JWKS_URL": (
            "https://login.example.com/keys",
            {"ROOMCAST_AUTH": "jwt", "ROOMCAST_AUTH_JWT_ALGORITHMS": "RS256"},
        ),
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
        "ROOMCAST_ADMIN_TOKEN_FILE": (str(tmp_path / "secret"),),
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
    [x for x in NAMES if re.search("WORKERS|REDIS_URL|PAYLOAD|DELAY|WELCOME", x)]
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


def test_our_own_url_goes_before_the_platforms():
    dump = dumped({"REDIS_URL": "redis://a", "ROOMCAST_REDIS_URL": "redis://b"})
    assert dump["redis"]["url"] == "redis://b"


def instructions():
    """What the Dockerfile says for the image itself: [(word, rest)]."""
    text = (ROOT / "docker" / "Dockerfile").read_text()
    lines = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", text)).splitlines()
    first = max(i for i, x in enumerate(lines) if x.startswith("FROM "))
    return [tuple(x.split(" ", 1)) for x in lines[first:] if x]


def test_the_image_is_nobodys_and_says_how_it_is():
    found = dict(instructions())
    assert found["USER"] == "10001:10001"
    assert found["STOPSIGNAL"] == "SIGTERM"
    command = json.loads(found["HEALTHCHECK"].split("CMD ")[1])
    start = json.loads(found["ENTRYPOINT"]) + json.loads(found["CMD"])
    assert command == [*start, "--health"]
    assert {"8080", "9180"} == set(found["EXPOSE"].split())
    label = "org.opencontainers.image."
    for name in "title", "description", "licenses", "version", "revision":
        assert f'{label}{name}="' in found["LABEL"]


def test_the_drain_fits_docker_stop():
    times = dumped({})["shutdown"]
    assert (times["delay"], times["drain"]) == ("0", "2s")  # of 10 s


def test_make_image_says_what_is_missing(tmp_path):
    """Where it is all there it takes minutes: not run here."""
    for name in "dirname", "git", "id", "sed":
        (tmp_path / name).symlink_to(shutil.which(name))
    done = subprocess.run(
        ["/bin/sh", ROOT / "scripts" / "image"],
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
        timeout=seconds(30),
    )
    assert done.returncode == 3
    assert done.stderr.startswith(
        "no image was built, missing: buildah curl debootstrap"
    )


COMPOSE = ROOT / "docker" / "compose.yaml"


def test_compose_has_what_it_promises():
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    gateways = [services["gateway-a"], services["gateway-b"]]
    assert set(services) - {"gateway-a", "gateway-b"} == {
        "balancer",
        "redis",
        "app",
    }
    # Clients come by the balancer; nothing is open beyond this machine.
    assert [x for x in services if "ports" in services[x]] == ["balancer"]
    assert services["balancer"]["ports"] == ["127.0.0.1:8080:8080"]
    for service in services.values():
        assert set(service.get("depends_on", [])) <= set(services)
        for volume in service.get("volumes", []):
            assert (COMPOSE.parent / volume.split(":")[0]).is_file(), volume
    for gateway in gateways:
        build = gateway["build"]
        assert (COMPOSE.parent / build["context"]).resolve() == ROOT
        assert (ROOT / build["dockerfile"]).is_file()
        env = gateway["environment"]
        assert set(env) <= set(NAMES)
        assert run("--check-config", env).returncode == 0


def test_compose_has_fields_that_there_are():
    file = yaml.safe_load(COMPOSE.read_text())
    assert compose_mistakes(file) == []
    file["services"]["redis"]["ulimit"] = 1
    file["services"]["app"]["command"] = 1
    where = {x.split(": ")[0] for x in compose_mistakes(file)}
    assert where >= {"$.services.app.command", "$.services.redis"}


def test_what_compose_leaves_out_is_there_as_well():
    assert set(re.findall(r"ROOMCAST_\w+", COMPOSE.read_text())) <= set(NAMES)


def test_nginx_takes_the_balancers_file(tmp_path):
    """With addresses in place of names that only compose knows."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not nginx:
        pytest.skip("nginx is missing: its file is not looked at")
    text = (ROOT / "docker" / "nginx.conf").read_text()
    names = set(re.findall(r"server (\S+):8080", text))
    assert names == {"gateway-a", "gateway-b"}
    for name in names:
        text = text.replace(name, "127.0.0.1")
    text = text.replace("/var/log/nginx", str(tmp_path))
    path = tmp_path / "nginx.conf"
    path.write_text(f"pid {tmp_path}/nginx.pid;\n{text}")
    done = subprocess.run(
        [nginx, "-t", "-c", path, "-e", tmp_path / "error.log"],
        capture_output=True,
        text=True,
        timeout=seconds(30),
    )
    assert done.returncode == 0, done.stderr


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


def health(daemon):
    return subprocess.run(
        [BINARY, "-c", daemon.conf_path, "--health"],
        capture_output=True,
        text=True,
        timeout=seconds(30),
    )


@pytest.mark.parametrize("kind", ["127.0.0.1", "*", "[::1]", "unix"])
def test_who_is_well_says_so(gateway, tmp_path, kind):
    listen = f"{kind}:{free_port()}"
    if kind == "unix":
        listen = f"unix:{tmp_path}/admin.sock"
    daemon = gateway(admin={"listen": listen})
    done = health(daemon)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    daemon.signal()
    daemon.wait_exit()
    done = health(daemon)
    assert done.returncode == 1
    assert done.stderr == f"roomcast: nobody answers at {listen}\n"


def test_who_answers_otherwise_is_not_well(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        listen = f"127.0.0.1:{server.getsockname()[1]}"
        conf = merged(BASE, {"admin": {"listen": listen}})
        path = write_conf(tmp_path / "roomcast.yaml", conf)
        with subprocess.Popen(
            [BINARY, "-c", path, "--health"], stderr=subprocess.PIPE
        ) as process:
            peer, _ = server.accept()
            with peer:
                assert peer.recv(4096).startswith(b"GET /healthz HTTP/1.1\r\n")
                peer.sendall(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
                assert process.wait(seconds(30)) == 1
                assert b"not well" in process.stderr.read()


def test_without_an_admin_listener_nobody_can_be_asked(gateway):
    done = health(gateway(admin=None))
    assert done.returncode == 2
    assert done.stderr.startswith("roomcast: --health asks at admin.listen")
