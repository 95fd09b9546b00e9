"""What the admin's actions have in common: each row in its organisation's scope, refusals told, the rest counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.utils.translation import ngettext
from django_scopes import scope

from tenants import acting
from tenants.errors import DomainError, InvalidInput

#: An action that is refused for many rows tells of so many.
MOST_REFUSALS = 5


class Acts(ModelAdmin):
    """A page whose actions call services row by row."""

    def tenant_of(self, obj: Any) -> Any:
        """The organisation of a row."""
        return obj.tenant

    def each(self, request: Any, rows: Iterable[Any], act: Callable[[Any], Any]) -> int:
        """Has `act(row)` done for each row, in its organisation's scope; refusals are told. Returns how many were."""
        done, refusals = 0, []
        for row in rows:
            with scope(tenant=self.tenant_of(row)):
                try:
                    act(row)
                except DomainError as refused:
                    refusals.append(f"{row}: {sentence(refused)}")
                else:
                    done += 1
        for text in refusals[:MOST_REFUSALS]:
            self.message_user(request, text, messages.WARNING)
        if more := refusals[MOST_REFUSALS:]:
            text = ngettext("%(count)d more was refused.", "%(count)d more were refused.", len(more))
            self.message_user(request, text % {"count": len(more)}, messages.WARNING)
        return done

    def tell(self, request: Any, text: str, count: int) -> None:
        """Says how many rows an action reached; `text` names them as `%(count)d`. None: says nothing."""
        if count:
            self.message_user(request, text % {"count": count}, messages.SUCCESS)


def sentence(refused: DomainError) -> str:
    """What a refusal says, field by field where it knows."""
    if isinstance(refused, InvalidInput):
        return " ".join(text for texts in refused.errors.values() for text in texts)
    return refused.detail


def actor_of(request: Any) -> acting.Actor:
    """The person who acts in the admin."""
    return acting.person(request.user, source="admin")
