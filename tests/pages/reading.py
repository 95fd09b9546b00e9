"""Reads pages as a person without JavaScript does: links, forms, words."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client


def text(response: Any) -> str:
    """The words of a page."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def links(response: Any, css_class: str) -> list[str]:
    """Where the links with that class lead, in their order."""
    tags = re.findall(r"<a\b[^>]*>", response.content.decode())
    chosen = [tag for tag in tags if css_class in (_attribute(tag, "class") or "").split()]
    return [_attribute(tag, "href") or "" for tag in chosen]


def times(response: Any) -> list[str]:
    """The instants on offer, as their addresses carry them."""
    return [address.partition("time=")[2] for address in links(response, "time")]


def form(response: Any) -> dict[str, str]:
    """What the details form would send as it stands."""
    body = response.content.decode()
    inside = body[body.index('id="details"') :]
    tags = re.findall(r"<input\b[^>]*>", inside[: inside.index("</form>")])
    return {_attribute(tag, "name") or "": _attribute(tag, "value") or "" for tag in tags}


def alternatives(response: Any) -> list[str]:
    """The times that can be had with one click instead."""
    return re.findall(r'name="instead" value="([^"]+)"', response.content.decode())


def details(client: Client, address: str, **typed: str) -> dict[str, str]:
    """The details form of a chosen time, filled in."""
    sent = form(client.get(address)) | {"name": "Ana Pérez", "email": "ana@example.net"} | typed
    return {name: value for name, value in sent.items() if name != "csrfmiddlewaretoken"}


def _attribute(tag: str, name: str) -> str | None:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else None
