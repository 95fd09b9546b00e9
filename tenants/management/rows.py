"""What commands about one organisation share: finding it, and printing rows as a table, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_scopes import scope, scopes_disabled

from tenants.errors import DomainError, InvalidInput
from tenants.models import Domain, Tenant

Row = dict[str, Any]


class TenantCommand(ABC, BaseCommand):
    """A command with `--tenant DOMAIN`; `run` works in that organisation's scope. A refusal becomes a CommandError."""

    formats: Sequence[str] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="DOMAIN", help="a mail domain of the organisation")
        if self.formats:
            parser.add_argument("--format", choices=self.formats, default=self.formats[0])

    def handle(self, *args: Any, **options: Any) -> None:
        with scopes_disabled():
            domain = Domain.objects.select_related("tenant").filter(name__iexact=options["tenant"]).first()
        if domain is None:
            raise CommandError(f"No organisation has the domain {options['tenant']}.")
        with scope(tenant=domain.tenant):
            try:
                self.run(domain.tenant, options)
            except DomainError as refusal:
                raise CommandError(sentence(refusal)) from refusal

    @abstractmethod
    def run(self, tenant: Tenant, options: dict[str, Any]) -> None:
        """Does what the command is for."""

    def print_rows(self, columns: Sequence[str], rows: Sequence[Row], form: str) -> None:
        """Prints every row, in the columns' order."""
        self.stdout.write({"table": table, "csv": as_csv, "json": as_json}[form](columns, rows))


def sentence(refusal: DomainError) -> str:
    """A refusal as text: what is wrong with each field, or its own sentence."""
    if isinstance(refusal, InvalidInput):
        return " ".join(str(text) for texts in refusal.errors.values() for text in texts)
    return refusal.detail


def table(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Columns as wide as they need, PowerShell's way; nothing is cut."""
    lines = [
        list(columns),
        ["-" * len(name) for name in columns],
        *([_text(row[name]) for name in columns] for row in rows),
    ]
    widths = [max(len(line[position]) for line in lines) for position in range(len(columns))]
    return "\n".join(
        " ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def as_csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Comma-separated, with a heading. A cell that a spreadsheet would take for a formula is quoted against it."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_safe(_text(row[name])) for name in columns] for row in rows)
    return target.getvalue().rstrip("\n")


def as_json(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """A list of objects."""
    return json.dumps([{name: row[name] for name in columns} for row in rows], indent=2, ensure_ascii=False)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
