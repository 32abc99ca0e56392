"""A server, or a proxy to several, whose answers about the stream contradict
each other: it costs little to go on, and when they agree all is well."""

import pytest

from rig.scripted import ScriptedNode
from rig.waiting import eventually
from test_stream import stream

pytestmark = pytest.mark.waits

NO_STREAM = "-ERR no such key"
FIVE = [b"length", 5, b"last-generated-id", b"5-0", b"entries-added", 5]
ENTRY = [b"5-0", [b"roomcast:room:lobby", b'"x"']]

LIES = {
    # Five entries, none of which is there: a replica that lags behind.
    "XINFO": {"XINFO": [FIVE], "XREVRANGE": [[]]},
    # The last is another one at each look.
    "XRANGE": {"XINFO": [FIVE], "XREVRANGE": [[ENTRY]], "XRANGE": [[]]},
    # Nothing is new, and it does not wait for something that is.
    "XREAD": {"XINFO": NO_STREAM, "XREAD": [None]},
    # Something is, and is not there.
    "news": {
        "XINFO": [FIVE],
        "XREVRANGE": [[ENTRY]],
        "XRANGE": [[ENTRY]],
        "XREAD": [[[b"app:stream", [ENTRY]]]],
    },
}


@pytest.fixture
def liar():
    made = ScriptedNode()
    yield made
    made.finish()


def seconds_for(liar, commands):
    """From the first to the last of so many about the stream."""

    def noted():
        return [at for at, what in liar.noted if what.startswith("X")]

    eventually(lambda: len(noted()) >= commands, 60, "they are asked")
    return noted()[commands - 1] - noted()[0]


@pytest.mark.parametrize("lie", LIES)
def test_answers_that_contradict_each_other(gateway, liar, lie):
    honest = {
        "XINFO": NO_STREAM,
        "XREVRANGE": [[]],
        "XRANGE": [[]],
        "XREAD": [None],
    }
    answers = {**honest, **LIES[lie]}
    liar.refuse = lambda words: answers.get(words[0])
    daemon = gateway(
        backend="redis",
        embedded=None,
        redis={"url": f"redis://{liar.address}"},
        **stream(),
    )
    assert seconds_for(liar, 500) > 0.5
    daemon.wait_log("the server's answers lead nowhere.* command=.?X")
