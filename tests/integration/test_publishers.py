"""Who may be at the embedded port, and for how long."""

import socket

import pytest

from rig.waiting import eventually, seconds

PLACES, STRANGERS = 1024, 512


@pytest.fixture
def guarded(gateway, tmp_path):
    """A daemon whose port wants a password, with files enough."""
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    return gateway(embedded={"password_file": str(secret)})


def knock(daemon):
    s = socket.create_connection(("127.0.0.1", daemon.publish_port))
    s.settimeout(seconds(15))
    return s


def said(s):
    """All that comes until the end."""
    got = b""
    try:
        while more := s.recv(4096):
            got += more
    except ConnectionResetError:
        pass
    return got


def close_all(sockets):
    for s in sockets:
        s.close()


def test_strangers_keep_nobody_out(guarded, connect):
    """Ever so many that never AUTH: the app gets in at once, each time."""
    client = connect(guarded)
    strangers = []
    for i in range(3):
        strangers += [knock(guarded) for _ in range(600)]
        app = guarded.publisher(password="s3cret")
        assert app.publish("roomcast:room:lobby", str(i)) == 1
    assert client.recv_many(3) == ["0", "1", "2"]
    assert guarded.metric("roomcast_publishers") <= STRANGERS + 3
    gone = sum(  # on a slow machine the time of some is over before
        guarded.metric(f'roomcast_publishers_refused_total{{reason="{why}"}}')
        for why in ("pushed", "late")
    )
    assert gone >= 1800 - STRANGERS
    close_all(strangers)


@pytest.mark.waits
def test_who_does_not_authenticate_in_time_is_closed(guarded):
    silent, chatty = knock(guarded), knock(guarded)
    chatty.sendall(b"PING\r\nAUTH wrong\r\n")
    app = guarded.publisher(password="s3cret")
    assert app.ping()
    assert said(silent) == b"-NOAUTH AUTH did not come in time\r\n"
    assert said(chatty).endswith(b"-NOAUTH AUTH did not come in time\r\n")
    assert app.ping()
    guarded.wait_metric("roomcast_publishers", 1)
    guarded.wait_log("no AUTH in time: publisher closed address=127.0.0.1")
    close_all([silent, chatty])


def test_who_has_authenticated_fills_all_places(guarded):
    """A stranger gets none of them then, and takes none away."""
    known = []
    for _ in range(PLACES):
        known.append(knock(guarded))
        known[-1].sendall(b"AUTH s3cret\r\n")
        assert known[-1].recv(5, socket.MSG_WAITALL) == b"+OK\r\n"
    late = knock(guarded)
    assert said(late) == b"-ERR max number of clients reached\r\n"
    known[0].sendall(b"RESET\r\n")
    assert known[0].recv(8, socket.MSG_WAITALL) == b"+RESET\r\n"
    knock(guarded).close()  # the newer stranger gets the older one's place
    assert said(known[0]).startswith(b"-NOAUTH")
    for s in known[1:]:
        s.sendall(b"PING\r\n")
        assert s.recv(7, socket.MSG_WAITALL) == b"+PONG\r\n"
    close_all([late, *known])


def test_without_a_password_nobody_is_a_stranger(gateway):
    daemon = gateway()
    sockets = [knock(daemon) for _ in range(STRANGERS + 10)]
    for s in sockets:
        s.sendall(b"PING\r\n")
        assert s.recv(7, socket.MSG_WAITALL) == b"+PONG\r\n"
    close_all(sockets)
    eventually(lambda: daemon.metric("roomcast_publishers") == 0)
