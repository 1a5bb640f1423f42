"""Whom a client of ours trusts over TLS."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    import ssl


@cache
def trusted() -> ssl.SSLContext:
    """The usual authorities, read once: each client would take 20 ms to read them, and most need no TLS at all."""
    return httpx2.create_ssl_context(trust_env=False)
