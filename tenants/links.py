"""Tokens of links in mails: random, hashed at rest, compared only by their hash."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """A token nobody can guess: 43 characters that are safe in an address."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored and looked up: SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()
