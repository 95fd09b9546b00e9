"""Sign-in: what allauth asks of us."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """People come in by invitation of their organisation: nobody signs up by themselves."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False
