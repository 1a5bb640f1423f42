"""Sealed texts: what a client keeps for the server, opaque to it, and sends back unchanged.

A seal hides nothing: what is in it was made for this very client. So it needs no key, and every worker can open what
another one sealed, before or after a restart.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

_MARK = "rr1"


def seal(text: str) -> str:
    """A text as `encrypted_content`."""
    data = text.encode()
    return f"{_MARK}.{_digest(data)}.{base64.urlsafe_b64encode(data).decode()}"


def unseal(content: str) -> str | None:
    """The text within; None when this server did not seal it, or it was changed."""
    mark, _, rest = content.partition(".")
    digest, _, encoded = rest.partition(".")
    try:
        data = base64.b64decode(encoded.encode(), b"-_", validate=True)
        return data.decode() if mark == _MARK and digest == _digest(data) else None
    except (binascii.Error, UnicodeError):
        return None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
