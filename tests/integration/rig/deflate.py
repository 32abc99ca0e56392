"""permessage-deflate (RFC 7692) as the raw client and the tests see it."""

import hashlib
import json
import re
import zlib

NAME = "permessage-deflate"
HEADER = "Sec-WebSocket-Extensions"
ANSWER = re.compile(
    f"{NAME}; server_no_context_takeover; client_no_context_takeover; "
    r"server_max_window_bits=(9|1[0-5])"
)
TAIL = b"\x00\x00\xff\xff"

KEPT = 'roomcast_compression_results_total{result="kept"}'
LARGER = 'roomcast_compression_results_total{result="larger"}'
BEFORE = "roomcast_compression_input_bytes_total"
AFTER = "roomcast_compression_output_bytes_total"
SAVED = "roomcast_compression_saved_bytes_total"


def compression(**keys):
    """A delivery section that turns it on, with these keys of its own."""
    return {"compression": keys}


def offer(bits=None):
    """The headers of a client that asks for a window of so many bits."""
    wanted = f"; server_max_window_bits={bits}" if bits else ""
    return {HEADER: f"{NAME}; client_max_window_bits{wanted}"}


def bits_of(answer):
    """The window that a 101 names; None without the extension."""
    value = answer.headers.get(HEADER.lower())
    if value is None:
        return None
    return int(ANSWER.fullmatch(value)[1])


def inflate(payload, bits=15):
    """As a client with this window and no context does."""
    inflater = zlib.decompressobj(-bits)
    data = inflater.decompress(payload + TAIL)
    assert not inflater.unused_data and not inflater.unconsumed_tail
    return data


def content_of(frame, bits=15):
    """What a frame of data says, deflated or not."""
    if frame.is_deflated:
        return inflate(frame.payload, bits)
    return frame.payload


def deflate(data):
    """A client's payload."""
    deflater = zlib.compressobj(wbits=-15)
    out = deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH)
    return out[: -len(TAIL)]


def noise(size, seed=0):
    """Bytes that do not deflate, the same in every run."""
    return hashlib.shake_128(b"%d" % seed).digest(size)


def some_json(size, seed=0):
    """Text of so many bytes that deflates as the JSON of apps does."""
    orders = [
        {
            "id": noise(6, seed * 100_000 + n).hex(),
            "symbol": ["EURUSD", "GBPUSD", "USDJPY"][n % 3],
            "price": 1.0 + n / 7,
            "side": "buy" if n % 2 else "sell",
            "status": "accepted",
        }
        for n in range(size // 80 + 1)  # none is shorter
    ]
    return json.dumps(orders)[:size]
