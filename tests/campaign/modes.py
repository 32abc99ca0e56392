"""What the campaign runs: where payloads come from, and who is killed."""

from dataclasses import dataclass, field


STREAM = {"stream": "roomcast:stream"}


def published(channel, payload):
    return "PUBLISH", channel, payload


def added(channel, payload):
    return (
        *("XADD", "roomcast:stream", "MAXLEN", "~", "100000"),
        *("*", channel, payload),
    )


@dataclass(frozen=True)
class Mode:
    name: str
    command: callable  # a publisher's, of a channel and a payload
    history: dict = field(default_factory=dict)
    gateways: int = 3
    redis: tuple | None = ()  # options of redis-server; None: embedded
    kills: bool = True
    may_tell: bool = True  # gaps are no failure
    # What is kept has an id. (What was PUBLISHed between the return of Redis
    # and the first mark has none: the gap before it stands for it.)
    names_all: bool = True
    slow: tuple = ("disconnect", "catch_up", "drop_oldest")  # by gateway


MODES = {
    mode.name: mode
    for mode in (
        Mode(
            "embedded",
            published,
            slow=("catch_up",),
            gateways=1,
            redis=None,
            kills=False,
            may_tell=False,
        ),
        Mode(
            "embedded-stream",
            added,
            history=STREAM,
            gateways=1,
            redis=None,
            kills=False,
            may_tell=False,
        ),
        Mode("embedded-killed", published, gateways=1, redis=None),
        Mode("publish", published, names_all=False),
        Mode(
            "stream-always",
            added,
            history=STREAM,
            redis=("--appendonly", "yes", "--appendfsync", "always"),
            may_tell=False,
        ),
        Mode("stream-memory", added, history=STREAM),
    )
}
