"""PNG, as far as pictures of pages need it: read, count colours, write small."""

import struct
import zlib
from collections import Counter

HEAD = b"\x89PNG\r\n\x1a\n"


def chunks(data):
    at = len(HEAD)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def pixels(data):
    """(width, height, rows of bytes, bytes a pixel) of 8 bit RGB or RGBA."""
    parts = list(chunks(data))
    width, height, depth, kind = struct.unpack(">IIBB", parts[0][1][:10])
    assert depth == 8 and kind in (2, 6), "not from a browser"
    size = 3 if kind == 2 else 4
    raw = zlib.decompress(b"".join(p for name, p in parts if name == b"IDAT"))
    rows, before, stride = [], bytes(width * size), width * size + 1
    for y in range(height):
        line = raw[y * stride : (y + 1) * stride]
        before = unfiltered(line[0], bytearray(line[1:]), before, size)
        rows.append(before)
    return width, height, rows, size


def unfiltered(how, line, above, size):
    """RFC 2083, section 6."""
    for i in range(len(line)) if how else ():
        a = line[i - size] if i >= size else 0
        b = above[i]
        c = above[i - size] if i >= size else 0
        if how == 1:
            add = a
        elif how == 2:
            add = b
        elif how == 3:
            add = (a + b) // 2
        else:
            p = a + b - c
            add = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        line[i] = (line[i] + add) & 255
    return bytes(line)


def palette(colors):
    """256 of them, by how often they are there; where the others go."""
    best = [color for color, _ in colors.most_common(256)]
    index = {color: i for i, color in enumerate(best)}
    for color in colors:
        if color not in index:
            index[color] = min(
                range(len(best)),
                key=lambda i: sum((x - y) ** 2 for x, y in zip(color, best[i])),
            )
    return best, index


def chunk(name, data):
    return (
        struct.pack(">I", len(data)) + name + data
        + struct.pack(">I", zlib.crc32(name + data))
    )


def smaller(data):
    """The same picture of at most 256 colours, without what is no pixel."""
    width, height, rows, size = pixels(data)
    lines = [
        [row[i : i + 3] for i in range(0, width * size, size)] for row in rows
    ]
    best, index = palette(Counter(c for line in lines for c in line))
    packed = b"".join(
        b"\0" + bytes(index[c] for c in line) for line in lines
    )
    return (
        HEAD
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + chunk(b"PLTE", b"".join(best))
        + chunk(b"IDAT", zlib.compress(packed, 9))
        + chunk(b"IEND", b"")
    )
