"""Damaged copies of good files: bytes, lines, cells and values changed at random, the same for the same seed.

What belongs here: how an input is damaged, and how a damaged one that fails is made small. What does not: who reads it.
"""

from __future__ import annotations

import csv
import io
import json
import random
import tomllib
from collections.abc import Callable
from typing import Any

import tomli_w

ODD_VALUES: tuple[Any, ...] = (
    "", " ", "x" * 5000, "\x1b[2J", "a\x00b", "=1+1", "../../etc/passwd", "/dev/zero", "C:\\x", "名前", "−1", "nan",
    "inf", "1e999", 0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 0.5, -0.5, 1e308, float("nan"), float("inf"), 5e-324,
    True, False, [], {}, [[]], [None], [1, "a"], {"a": {"b": 1}}, ["a"] * 2000,
)  # fmt: skip
ODD_BYTES = (
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80", b"\r", b"\n\n", b'"', b"'", b"[", b"]", b"{", b"}", b"=", b",",
    b";", b"\t", b"9" * 5000, b"-", b"1e999", b"nan", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"[[" * 3000, b"\xed\xa0\x80",
)  # fmt: skip


def _bytes(content: bytes, chance: random.Random) -> bytes:
    content = content or b"x"
    a = chance.randrange(len(content))
    b = min(len(content), a + chance.choice((1, 1, 4, 40, 400)))
    kind = chance.randrange(6)
    if kind == 0:  # one bit
        return content[:a] + bytes([content[a] ^ (1 << chance.randrange(8))]) + content[a + 1 :]
    if kind == 1:
        return content[:a]
    if kind == 2:
        return content[:a] + content[b:]
    if kind == 3:
        return content[:b] + content[a:]
    if kind == 4:
        return content[:a] + chance.choice(ODD_BYTES) + content[a:]
    return content[:a] + chance.choice(ODD_BYTES) + content[b:]


def _lines(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    i, j = chance.randrange(len(lines)), chance.randrange(len(lines))
    kind = chance.randrange(4)
    if kind == 0:
        del lines[i]
    elif kind == 1:
        lines.insert(j, lines[i])
    elif kind == 2:
        lines[i], lines[j] = lines[j], lines[i]
    else:
        lines[i] = _bytes(lines[i], chance)
    return b"\n".join(lines)


def _encoding(content: bytes, chance: random.Random) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(chance.choice(("utf-16", "utf-32", "latin-1", "cp1252", "utf-7", "utf-8-sig")), "replace")


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, inner in items for place in _places(inner, (*path, key))]


def _value(document: Any, chance: random.Random) -> None:
    """Change one place of a nested document: its value, its absence, or its name."""
    places = _places(document)
    if not places:
        return
    *way, last = chance.choice(places)
    table = document
    for key in way:
        table = table[key]
    kind = chance.randrange(5)
    if kind == 0:
        del table[last]
    elif kind == 1 and isinstance(table, dict):
        table[chance.choice((str(last) + "x", "", "x" * 300, "a.b", "\x1b", "__class__"))] = table.pop(last)
    elif kind == 2 and isinstance(table[last], (int, float)) and not isinstance(table[last], bool):
        table[last] = chance.choice(
            (-table[last], table[last] * 10, table[last] + 1, float(table[last]), table[last] / 3)
        )
    elif kind == 3:  # what stands elsewhere in the same file
        *other, final = chance.choice(places)
        source = document
        for key in other:
            source = source[key]
        table[last] = json.loads(json.dumps(source[final], default=str))
    else:
        table[last] = chance.choice(ODD_VALUES)


def _toml(content: bytes, chance: random.Random) -> bytes:
    document = tomllib.loads(content.decode())
    _value(document, chance)
    return tomli_w.dumps(document).encode("utf-8", "surrogatepass")


def _json(content: bytes, chance: random.Random) -> bytes:
    document = json.loads(content)
    _value(document, chance)
    return json.dumps(document).encode()


def _cells(content: bytes, chance: random.Random) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    row = chance.choice(rows)
    i = chance.randrange(len(row))
    kind = chance.randrange(4)
    if kind == 0:
        row.insert(i, chance.choice(row))
    elif kind == 1:
        del row[i]
    elif kind == 2:
        for other in rows:
            if i < len(other):
                del other[i]
    else:
        row[i] = str(chance.choice((*ODD_VALUES, chance.choice(rows[0] or [""]))))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=chance.choice(("\n", "\n", "\r\n")), delimiter=chance.choice(",,,;\t")).writerows(
        rows
    )
    return text.getvalue().encode("utf-8", "surrogatepass")


_BY_SUFFIX: dict[str, Callable[[bytes, random.Random], bytes]] = {".toml": _toml, ".json": _json, ".csv": _cells}


def damaged(content: bytes, suffix: str, chance: random.Random) -> bytes:
    """Return a file's content with one to four things changed.

    Half of the changes keep to the format of the file, so that what reads it gets beyond the first line.
    """
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        usual = (_bytes, _lines, _lines, _encoding) if chance.random() < 0.3 else (_bytes, _lines)
        change = chance.choice(usual)
        own = _BY_SUFFIX.get(suffix)
        if own is not None and chance.random() < 0.6:
            try:
                content = own(content, chance)
                continue
            except (ValueError, TypeError, IndexError, AttributeError, RecursionError):  # no longer of its format
                pass
        content = change(content, chance)
    return content


def shrunk(content: bytes, fails: Callable[[bytes], bool], most: int = 200) -> bytes:
    """Return a smaller content that fails too: lines are left out, then bytes, for as long as it does."""
    for separator in (b"\n", b""):
        parts = content.split(separator) if separator else [bytes([byte]) for byte in content]
        size = len(parts) // 2
        while size >= 1 and most > 0:
            start = 0
            while start < len(parts) and most > 0:
                fewer = parts[:start] + parts[start + size :]
                most -= 1
                if fails(separator.join(fewer)):
                    parts = fewer
                else:
                    start += size
            size //= 2
        content = separator.join(parts)
    return content
