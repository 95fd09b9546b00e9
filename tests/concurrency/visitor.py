"""A visitor's request, importable by a process that knows nothing of Django."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any


def ask(address: tuple[str, int], path: str, body: dict[str, Any], number: int) -> tuple[int, dict[str, Any]]:
    """One visitor's request."""
    customer = {"name": f"Visitor {number}", "email": f"visitor{number}@example.net"}
    visitor = HTTPConnection(*address, timeout=60)
    visitor.request("POST", path, json.dumps(body | {"customer": customer}), {"Content-Type": "application/json"})
    answer = visitor.getresponse()
    result = answer.status, json.loads(answer.read())
    visitor.close()
    return result
