"""The admin's API: who may ask, how, and what becomes of all else."""

import json

import pytest

from rig.guarded import ask
from rig.raw import Raw
from rig.rereading import rewrite
from rig.waiting import eventually

TOKEN = "correct-horse-battery"
DRAIN = b"POST /api/drain HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture
def with_token(gateway, tmp_path):
    """A daemon that asks for a token, and the file with it."""
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    return gateway(admin={"token_file": str(file)}), file


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def connected(daemon, **options):
    host, port = daemon.admin_url[len("http://") :].split(":")
    return Raw((host, int(port)), **options)


def said(answer):
    assert answer.headers["content-type"] == "application/json"
    return json.loads(answer.body)


# -- who may ask


def test_without_the_token_nothing_is_told(with_token):
    daemon, _ = with_token
    for headers in (
        {},
        bearer("wrong"),
        bearer(TOKEN + "x"),
        bearer(""),
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
    ):
        status, body = daemon.api("config", headers=headers)
        assert status == 401 and "Bearer" in body["remedy"], headers
    assert daemon.api("config", headers=bearer(TOKEN))[0] == 200
    assert daemon.api("config", headers={"authorization": f"bearer {TOKEN}"})[
        0
    ] == 200
    assert TOKEN not in daemon.log()


def test_a_refusal_says_what_scheme_is_meant(with_token):
    s = connected(with_token[0])
    s.send(b"GET /api/config HTTP/1.1\r\nHost: x\r\n\r\n")
    assert s.read_response().headers["www-authenticate"] == "Bearer"


def test_two_tokens_are_none(with_token):
    s = connected(with_token[0])
    field = f"Authorization: Bearer {TOKEN}\r\n".encode()
    s.send(b"GET /api/config HTTP/1.1\r\nHost: x\r\n" + 2 * field + b"\r\n")
    assert s.read_response().status == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_health_and_metrics_need_no_token(with_token, path):
    assert with_token[0].admin(path)[0] == 200


def test_another_token_counts_at_once(with_token):
    daemon, file = with_token
    file.write_text("the-next-one")
    assert daemon.api("config", headers=bearer(TOKEN))[0] == 401
    assert daemon.api("config", headers=bearer("the-next-one"))[0] == 200


def test_a_token_that_cannot_be_read_admits_nobody(with_token):
    daemon, file = with_token
    for spoil in (lambda: file.write_text(""), file.unlink):
        spoil()
        status, body = daemon.api("config", headers=bearer(""))
        assert status == 503 and "token_file" in body["remedy"]
    daemon.wait_log("cannot read admin.token_file")
    assert daemon.admin("/healthz")[0] == 200


@pytest.mark.parametrize("address", ["0.0.0.0:0", "*:0"])
def test_open_to_the_network_without_a_token_warns(gateway, with_token, address):
    note = "without admin.token_file"
    assert note in gateway(admin={"listen": address}).log()
    assert note not in gateway().log()
    token = {"listen": address, "token_file": str(with_token[1])}
    assert note not in gateway(admin=token).log()


@pytest.mark.parametrize("second", ["localhost", "evil.example"])
def test_without_a_token_there_is_one_host_at_most(gateway, second):
    """Somebody in front might go by the other one."""
    s = connected(gateway())
    s.send(
        b"GET /api/config HTTP/1.1\r\nHost: localhost\r\n"
        b"Host: %s\r\n\r\n" % second.encode()
    )
    assert s.read_response().status == 400


@pytest.mark.parametrize(
    "fields, status",
    [
        ({"Host": "127.0.0.1:9180"}, 200),
        ({"Host": "[::1]"}, 200),
        ({"Host": "LocalHost:80"}, 200),
        ({"Host": "evil.example:9180"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "127.0.0.1", "Origin": "http://127.0.0.1"}, 200),
        ({"Host": "127.0.0.1", "Origin": "http://127.0.0.1:81"}, 403),
        ({"Host": "127.0.0.1", "Origin": "https://evil.example"}, 403),
        ({"Host": "127.0.0.1", "Origin": "null"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),
    ],
)
def test_without_a_token_no_page_of_another_site_asks(gateway, fields, status):
    """A browser sends such requests for whatever page wants it to."""
    s = connected(gateway())
    lines = [f"{name}: {value}" for name, value in fields.items()]
    s.send(
        "\r\n".join(["GET /api/config HTTP/1.1", *lines, "", ""]).encode()
    )
    answer = s.read_response()
    assert answer.status == status
    if status == 403:
        assert "admin.token_file" in said(answer)["remedy"]


def test_with_a_token_any_host_is_fine(with_token):
    headers = {**bearer(TOKEN), "Host": "roomcast.svc.example"}
    assert with_token[0].api("config", headers=headers)[0] == 200


def test_a_unix_socket_is_asked_the_same_way(gateway, tmp_path):
    path = str(tmp_path / "admin.sock")
    gateway(admin={"listen": f"unix:{path}"})
    with Raw(path) as s:
        s.send(b"GET /api/config HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert said(s.read_response())["admin"]["listen"] == f"unix:{path}"


# -- how


@pytest.mark.parametrize(
    "path, method, allow",
    [
        ("config", "POST", "GET, HEAD, OPTIONS"),
        ("config", "DELETE", "GET, HEAD, OPTIONS"),
        ("drain", "GET", "POST, OPTIONS"),
        ("drain", "PUT", "POST, OPTIONS"),
    ],
)
def test_another_method_is_405(gateway, path, method, allow):
    s = connected(gateway())
    s.send(
        f"{method} /api/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    )
    answer = s.read_response()
    assert (answer.status, answer.headers["allow"]) == (405, allow)
    assert said(answer)["error"]


def test_what_is_not_there_is_404_with_what_is(gateway):
    status, body = gateway().api("nope")
    assert status == 404 and "/api/config" in body["remedy"]


@pytest.mark.parametrize(
    "query, why",
    [
        ("a=1", "no parameters are taken here"),
        ("%ff", "no parameters are taken here"),
        ("&".join("x" * 2000 for _ in range(3)), "longer than"),
    ],
)
def test_a_query_that_is_not_understood_is_400(gateway, query, why):
    status, body = gateway().api(f"config?{query}")
    assert status == 400 and why in body["error"]


@pytest.mark.parametrize(
    "fields, status",
    [
        (b"Transfer-Encoding: chunked\r\n", 411),
        (b"Content-Length: 1\r\nContent-Length: 1\r\n", 400),
        (b"Content-Length: -1\r\n", 400),
        (b"Content-Length: 1e3\r\n", 400),
        (b"Content-Length: 1048577\r\n", 413),
        (b"Content-Length: 99999999999999999999\r\n", 400),
    ],
)
def test_a_body_of_no_good_length_is_refused(gateway, fields, status):
    daemon = gateway()
    s = connected(daemon)
    s.send(DRAIN + fields + b"\r\n" + b"GET /healthz HTTP/1.1\r\n\r\n")
    answer = s.read_response()
    assert answer.status == status and said(answer)["error"]
    # What follows is never taken for a request.
    assert answer.headers["connection"] == "close"
    assert s.read_to_end() == b""
    assert daemon.admin("/readyz")[0] == 200


def test_a_body_may_come_slowly_and_behind_it_the_next_request(gateway):
    daemon = gateway(shutdown={"delay": "1h"})
    s = connected(daemon)
    s.send_bytewise(DRAIN + b"Content-Length: 20\r\n\r\n" + b"x" * 20)
    assert s.read_response().status == 202
    s.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert s.read_response().body == b"ok\n"
    daemon.kill()  # it would wait for an hour


def test_who_asks_first_hears_when_to_send_the_body(gateway):
    daemon = gateway(shutdown={"delay": "1h"})
    s = connected(daemon)
    s.send(DRAIN + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert s.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    s.send(b"{}")
    assert s.read_response().status == 202
    s.send(DRAIN + b"Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n")
    assert s.read_response().status == 413
    daemon.kill()


def test_with_http_1_0_there_is_one_answer(gateway):
    """Its client would take a 100 for it (RFC 9110, 10.1.1)."""
    daemon = gateway(shutdown={"delay": "1h"})
    s = connected(daemon)
    s.send(
        DRAIN.replace(b"HTTP/1.1", b"HTTP/1.0")
        + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    )
    assert daemon.admin("/healthz")[0] == 200  # the head is read by then
    s.send(b"{}")
    assert s.read_response().status == 202
    daemon.kill()


def test_what_a_request_expects_is_no_matter_of_the_next(gateway):
    """The body of the first one came along with its head."""
    s = connected(gateway())
    fields = b" HTTP/1.%d\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    s.send(b"POST /api/publish" + fields % 1 + b"{}")
    s.send(b"POST /api/publish" + fields % 0)
    assert s.read_response().status == 400  # {} is for nobody
    s.finish_sending()
    assert s.read_to_end() == b""


def test_bodies_that_never_end_hold_up_nobody(gateway):
    daemon = gateway()
    held = []
    for _ in range(64):
        s = connected(daemon)
        s.send(DRAIN + b"Content-Length: 1000000\r\n\r\n" + b"x" * 100000)
        held.append(s)
    eventually(lambda: daemon.admin("/healthz")[0] == 200, 10, "it answers")
    for s in held:
        s.reset()
    assert daemon.api("config")[0] == 200


# -- /api/config


def test_the_configuration_is_shown_with_secrets_masked(gateway):
    daemon = gateway(
        server="redis://someone:hush@127.0.0.1:1/0",
        limits={"payload": "64KiB"},
        routes=[{"path": "/$x", "rooms": ['a"b\\$']}],
    )
    status, conf = daemon.api("config")
    assert status == 200
    assert conf["redis"]["url"] == "redis://someone:***@127.0.0.1:1/0"
    assert "hush" not in json.dumps(conf)
    assert conf["limits"]["payload"] == "64KiB"
    assert conf["workers"] == 2 and conf["history"] == "off"
    assert conf["routes"][0]["path"] == "/$x"
    assert conf["routes"][0]["rooms"] == ['a"b\\$']
    assert conf["routes"][0]["welcome"] is False
    assert conf["admin"]["token_file"] is None


def test_what_is_shown_is_what_a_file_may_say(gateway):
    """Nulls, which are what is not set, aside."""

    def given(value):
        if isinstance(value, dict):
            return {k: given(v) for k, v in value.items() if v is not None}
        return [given(v) for v in value] if isinstance(value, list) else value

    daemon = gateway(history={"memory": "1MiB"})
    conf = given(daemon.api("config")[1])
    conf.pop("sources")
    again = gateway(**{**conf, "listen": [{"address": "127.0.0.1:0"}],
                       "embedded": {"listen": "127.0.0.1:0"},
                       "admin": {"listen": "127.0.0.1:0"}})
    assert again.api("config")[1]["history"] == conf["history"] | {
        "stream": None
    }


# -- /api/drain


def test_drain_goes_as_a_signal_does(gateway, connect):
    daemon = gateway(shutdown={"delay": "1h", "drain": "3s"})
    connect(daemon)
    for _ in range(3):  # who asks again hurries nobody
        status, body = daemon.api("drain", "POST")
        assert status == 202
        assert body == {
            "draining": True,
            "connections": 1,
            "delay_ms": 3600000,
            "drain_ms": 3000,
        }
    assert daemon.admin("/readyz")[0] == 503
    daemon.signal()  # begins nothing anew, and says what it finds
    pairs = wait_already(daemon, "Terminated").pairs
    assert pairs["begun_by"] == "/api/drain"
    assert pairs["phase"] == "stopping" and pairs["connections"] == "1"
    daemon.kill()


def wait_already(daemon, signal):
    return daemon.wait_line(
        lambda line: line.event == "stopping already"
        and line.pairs["signal"] == signal
    )


def test_a_drain_behind_a_signal_says_what_is_waited_for(gateway, raw):
    daemon = gateway(shutdown={"drain": "1h"})
    s = raw.upgraded(daemon)
    daemon.signal()
    daemon.wait_log("info main: draining")
    assert daemon.api("drain", "POST")[0] == 202
    pairs = wait_already(daemon, "/api/drain").pairs
    assert pairs["begun_by"] == "Terminated"
    assert pairs["phase"] == "draining" and pairs["connections"] == "1"
    daemon.kill()
    s.close()


def test_drained_it_ends_well(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    assert daemon.api("drain", "POST")[0] == 202
    assert client.wait_closed().code == 1012
    assert daemon.wait_exit() == 0


# -- /api/reload


@pytest.mark.parametrize("workers", (1, 2))
def test_the_configuration_is_read_again(gateway, raw, workers):
    daemon = gateway(workers=workers)
    route = {"path": "/new/{room}", "rooms": ["{room}"]}
    rewrite(daemon, {"routes": [route], "workers": 3})
    assert daemon.api("reload", "POST") == (
        200,
        {
            "applied": True,
            "restart_needed": ["workers"],
            "errors": [],
        },
    )
    eventually(
        lambda: all(ask(raw, daemon, "/new/a")[0] == 101 for _ in range(8)),
        what="the new route is there",
    )
    config = daemon.api("config")[1]
    assert [r["path"] for r in config["routes"]] == ["/new/{room}"]
    assert daemon.metric("roomcast_config_restart_needed") == 1


def test_what_is_wrong_with_it_is_answered(gateway, raw):
    daemon = gateway()
    secret = "hunter2-is-the-password"
    rewrite(
        daemon,
        {
            "limits": {"connections": "many"},
            "delivery": {"queu": 1},
            "redis": {"url": f"redis://:{secret}@nowhere:70000"},
            "workers": 3,
        },
    )
    status, body = daemon.api("reload", "POST")
    assert status == 422 and body["applied"] is False
    assert body["restart_needed"] == []
    assert "cannot be used" in body["error"] and body["remedy"]
    assert all(e.startswith(f"{daemon.conf_path}:") for e in body["errors"])
    said = "\n".join(body["errors"])
    assert "limits.connections: is 'many'" in said
    assert "delivery.queu: unknown key" in said
    assert "redis.url" in said and secret not in said
    assert secret not in daemon.log()
    assert ask(raw, daemon, "/ws/a")[0] == 101
    assert daemon.metric("roomcast_config_reload_successful") == 0
    daemon.conf_path.unlink()
    status, body = daemon.api("reload", "POST")
    assert status == 422 and "No such file" in body["errors"][0]


def test_reading_again_needs_the_token(with_token):
    daemon, _ = with_token
    assert daemon.api("reload", "POST")[0] == 401
    assert daemon.api("reload", "GET")[0] == 405
    assert daemon.api("reload", "POST", headers=bearer(TOKEN))[0] == 200


# -- /api/log


def test_levels_are_shown_and_changed(gateway):
    daemon = gateway(log={"level": "info"})
    status, body = daemon.api("log")
    assert status == 200 and set(body["levels"].values()) == {"info"}
    assert {"hub", "redis", "admin"} <= set(body["levels"])
    status, body = daemon.api("log?component=hub&level=error", "PUT")
    assert status == 200 and body["levels"].pop("hub") == "error"
    assert set(body["levels"].values()) == {"info"}
    publisher = daemon.publisher()
    dropped = "warn hub: payload dropped"
    with pytest.raises(Exception, match="payload dropped"):
        publisher.publish("roomcast:send", "nonsense")
    assert dropped not in daemon.log()
    assert daemon.api("log?component=hub&level=warn", "PUT")[0] == 200
    with pytest.raises(Exception, match="payload dropped"):
        publisher.publish("roomcast:send", "nonsense")
    daemon.wait_log(dropped)
    assert set(
        daemon.api("log?level=error", "PUT")[1]["levels"].values()
    ) == {"error"}


@pytest.mark.parametrize(
    "query, why",
    [
        ("", "level is missing: it must be debug, info, warn or error"),
        ("level=loud", "level must be debug, info, warn or error"),
        ("level=debug&component=nobody", "component must be access, admin,"),
        ("level=debug&levels=x", "did you mean level"),
    ],
)
def test_a_level_that_is_none_is_refused(gateway, query, why):
    daemon = gateway()
    status, body = daemon.api(f"log?{query}", "PUT")
    assert status == 400 and why in body["error"]
    assert set(daemon.api("log")[1]["levels"].values()) == {"debug"}
