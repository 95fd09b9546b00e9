"""Walls that import-linter cannot draw."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "bookings", "rooms", "tenants")


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(
    ("module", "allowed"),
    [("django.core.mail", ("tenants/mail.py",)), ("smtplib", ("tenants/mail.py",)), ("urllib.request", ())],
)
def test_only_its_own_module_imports_it(module: str, allowed: tuple[str, ...]) -> None:
    found = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if any(name == module or name.startswith(f"{module}.") for name in imports(path))
    }
    assert found <= set(allowed)
