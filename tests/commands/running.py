"""Runs a command and reads what it prints."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from django.core.management import call_command


def run(name: str, *arguments: str) -> str:
    """What the command prints, without colours."""
    out = io.StringIO()
    call_command(name, *arguments, stdout=out, no_color=True)
    return out.getvalue()


def as_json(name: str, *arguments: str) -> Any:
    """The same, read as JSON."""
    return json.loads(run(name, *arguments))


def as_csv(name: str, *arguments: str) -> list[list[str]]:
    """The same with `--format csv`, as rows."""
    return list(csv.reader(io.StringIO(run(name, *arguments, "--format", "csv"))))
