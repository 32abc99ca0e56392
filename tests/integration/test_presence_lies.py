"""A server that lies to presence: what it asks for costs little, what it names
takes no more memory than one answer may, and when it stops all is well."""

import pytest

from rig.scripted import ScriptedNode
from rig.seated import STREAM, sections
from rig.waiting import eventually

pytestmark = pytest.mark.waits

BEAT, SWEEP, WRITE = "1", "3", "4"  # scripts, by how many keys they have
HONEST = {BEAT: [b"held", b""], SWEEP: 0, WRITE: 1, "SSCAN": [b"0", []]}
ANSWER_MAX = 65536  # names


class Liar(ScriptedNode):
    """Answers presence honestly, but for what a test says."""

    def __init__(self):
        super().__init__()
        self.answers = dict(HONEST)
        self.written = []  # rooms, and their numbers
        self.refuse = self.answer_presence

    def answer_presence(self, words):
        if words[0] == "SSCAN":
            return [self.answers["SSCAN"]]
        if words[0] not in ("EVAL", "EVALSHA"):
            return None
        script = words[2]
        self.note(script)
        if script == WRITE:
            self.written.append((words[8], words[10]))
        return [self.answers[script]]

    def count(self, what):
        return sum(w == what for _, w in self.noted)

    def seconds_for(self, what, count):
        """From the first to the last of so many."""
        eventually(lambda: self.count(what) >= count, 60, what)
        at = [at for at, w in self.noted if w == what]
        return at[count - 1] - at[0]


@pytest.fixture
def liar():
    made = Liar()
    yield made
    made.finish()


def start(gateway, liar, lease="5m", is_in_cluster=False):
    cluster = {"cluster": {"addresses": [liar.address]}}
    return gateway(
        backend="redis",
        embedded=None,
        redis=cluster if is_in_cluster else {"url": f"redis://{liar.address}"},
        **sections(lease=lease),
    )


def assert_writes(connect, daemon, liar, room):
    connect(daemon, f"/rooms?rooms={room}")
    eventually(lambda: (room, "1") in liar.written, 20, "it is written")


def test_a_scan_that_never_ends(gateway, connect, liar):
    """It goes on page by page, with a rest behind each."""
    liar.answers["SSCAN"] = [b"1", []]
    daemon = start(gateway, liar)
    assert liar.seconds_for("SSCAN", 500) > 0.4
    assert_writes(connect, daemon, liar, "a")
    liar.answers["SSCAN"] = [b"0", []]
    assert_writes(connect, daemon, liar, "b")
    assert " lost " not in daemon.log()


@pytest.mark.long
@pytest.mark.parametrize("swept", [1, 2])
def test_a_dead_instance_that_is_never_swept(gateway, connect, liar, swept):
    """There is always more of it, or it is always named once more."""
    liar.answers.update({BEAT: [b"held", b"ghost"], SWEEP: swept})
    daemon = start(gateway, liar, lease="1s")
    assert liar.seconds_for(SWEEP, 500) > 0.4
    assert_writes(connect, daemon, liar, "a")


def test_a_lease_that_is_there_and_is_not(gateway, connect, liar):
    """Nothing more is written, or asked, until the next beat."""
    liar.answers[WRITE] = 0
    daemon = start(gateway, liar)
    connect(daemon, "/rooms?rooms=a")
    assert liar.seconds_for(WRITE, 8) > 1
    liar.answers[WRITE] = 1
    daemon.wait_metric("roomcast_presence_writes_total", 1, 20)
    assert " lost " not in daemon.log()


LIES = {
    "SSCAN": {"SSCAN": [b"0", [b"r"] * (ANSWER_MAX + 1)]},
    "EVAL": {"SSCAN": [b"0", [b"r"]], WRITE: 2},
}


@pytest.mark.parametrize("command", LIES)
def test_what_no_server_answers(gateway, connect, liar, command):
    """More names than an answer has, or that nothing cannot be written. The
    log names the command, and the next connection begins anew."""
    liar.answers.update(LIES[command])
    daemon = start(gateway, liar)
    daemon.wait_log(f"not the answer that was asked for.* command={command}")
    liar.answers.update(HONEST)
    assert_writes(connect, daemon, liar, "a")


def test_a_slot_that_is_here_and_elsewhere(gateway, connect, liar):
    """The beat is answered, and what is written should go to where it went:
    not as fast as that is answered."""
    slot = liar.slot_of(STREAM)
    liar.answers[WRITE] = f"-MOVED {slot} {liar.address}"
    daemon = start(gateway, liar, is_in_cluster=True)
    connect(daemon, "/rooms?rooms=a")
    assert liar.seconds_for(WRITE, 30) > 1
    liar.answers[WRITE] = 1
    assert_writes(connect, daemon, liar, "b")
