"""A reader of calendar files made of RFC 5545's text alone, so that no library reads what it wrote itself."""

from __future__ import annotations

import re
from typing import NamedTuple


class Property(NamedTuple):
    """One content line: `NAME;PARAM=…:value`, the value unescaped (3.3.11)."""

    name: str
    params: dict[str, str]
    value: str


def read(raw: bytes) -> dict[str, list[Property]]:
    """The properties by component. Asserts what a strict reader would refuse."""
    assert raw.endswith(b"\r\n") and b"\n" not in raw.replace(b"\r\n", b""), "lines end in CRLF (3.1)"
    lines = raw.split(b"\r\n")[:-1]
    assert max(map(len, lines)) <= 75, "no line has more than 75 octets (3.1)"
    unfolded = raw.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]
    found: dict[str, list[Property]] = {}
    stack: list[str] = []
    for line in unfolded:
        prop = _property(line)
        if prop.name == "BEGIN":
            stack.append(prop.value)
        elif prop.name == "END":
            assert stack.pop() == prop.value
        else:
            found.setdefault(stack[-1], []).append(prop)
    assert stack == []
    return found


def _property(line: str) -> Property:
    match = re.fullmatch(r'([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^":;,]*))*):(.*)', line)
    assert match, f"not a content line: {line}"
    params = dict(re.findall(r';([A-Z0-9-]+)=("[^"]*"|[^":;,]*)', match[2]))
    value = re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] in "nN" else escaped[1], match[3])
    return Property(match[1], {name: text.strip('"') for name, text in params.items()}, value)


def one(properties: list[Property], name: str) -> str:
    """The value of a property that must stand there once."""
    [value] = [prop.value for prop in properties if prop.name == name]
    return value
