"""Names of fields that need none of their own: Django derives them in English, here they get the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

NAMES = frozenset({
    _("about id"), _("archived at"), _("cancelled at"), _("cancelled by"), _("created at"), _("customer language"),
    _("date joined"), _("dedupe key"), _("delta link"), _("done at"), _("failed at"), _("from name"), _("host"),
    _("invitation sender"), _("ip"), _("join url"), _("lane"), _("lease until"), _("link"), _("mailbox"), _("page"),
    _("payload"), _("read at"), _("removed at"), _("reply to"), _("request id"), _("sequence"), _("service"),
    _("source"), _("staff"), _("staff member"), _("starts at"), _("ends at"), _("expires at"), _("swept at"),
    _("target id"), _("target kind"), _("template"), _("tenant"), _("to name"), _("updated at"), _("user"),
    _("waits for"), _("window ends at"), _("window starts at"),
})  # fmt: skip


def translate(models: Iterable[Any]) -> None:
    """Puts derived names into the reader's language. Migrations do not hear of it: they look at given names only."""
    for model in models:
        for field in model._meta.get_fields():
            name = getattr(field, "verbose_name", None)
            if name in NAMES and not isinstance(name, Promise):
                field.verbose_name = gettext_lazy(name)
