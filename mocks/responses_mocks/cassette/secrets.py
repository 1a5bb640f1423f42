"""What gives a secret away: the name of a header, parameter or field, or the shape of a key."""

from __future__ import annotations

import re

PLACEHOLDER = "REDACTED"
"""Stands where a secret stood: it needs no escape in a header, a URL, JSON, YAML or base64."""

# Words of a header's or a query parameter's name. `tokens` is none of them: x-ratelimit-remaining-tokens is evidence.
_WORDS = {
    *("auth", "authentication", "authorization", "apikey", "bearer", "cookie", "cookie2", "credential", "credentials"),
    *("key", "organization", "organisation", "passwd", "password", "project", "pwd", "secret", "sig"),
    *("signature", "token"),
}
_NO_SECRETS = {"idempotency-key", "sec-websocket-key", "x-ratelimit-limit-project-tokens"}
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")

# Fields of a body. `token` alone is none of them: log probabilities have it; nor is `prompt_cache_key`.
_FIELDS = re.compile(
    r"(x[-_])?(.*[-_])?(api[-_]?key|apikey|access[-_]?token|refresh[-_]?token|auth[-_]?token|bearer[-_]?token|"
    r"client[-_]?secret|secret[-_]?key|private[-_]?key|authorization|cookie|set-cookie|passw(or)?d|secret|"
    r"openai[-_]organization|openai[-_]project|organization[-_]id|project[-_]id)",
    re.IGNORECASE,
)

# The shapes of keys, as the ones who hand them out describe or show them. Each stands on its own: not in a longer word.
_SHAPES = (
    r"sk-[A-Za-z0-9_\-]{16,}",  # OpenAI (sk-, sk-proj-, sk-svcacct-), Anthropic (sk-ant-), OpenRouter (sk-or-)
    r"sess-[A-Za-z0-9]{24,}",  # OpenAI, a session of its dashboard
    r"ek_[A-Za-z0-9]{16,}",  # OpenAI, a client secret for a short time
    r"(?:org|proj)[-_][A-Za-z0-9]{16,}",  # OpenAI, an organisation, a project
    r"user-[A-Za-z0-9]{20,}",  # OpenAI, a user, in its error messages
    r"gsk_[A-Za-z0-9]{20,}",  # Groq
    r"xai-[A-Za-z0-9]{20,}",  # xAI
    r"hf_[A-Za-z0-9]{20,}",  # Hugging Face
    r"nvapi-[A-Za-z0-9_\-]{20,}",  # NVIDIA
    r"pplx-[A-Za-z0-9]{20,}",  # Perplexity
    r"tvly-[A-Za-z0-9_\-]{16,}",  # Tavily
    r"BSA[A-Za-z0-9_\-]{24,}",  # Brave
    r"AIza[A-Za-z0-9_\-]{30,}",  # Google
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",  # AWS
    r"gh[pousr]_[A-Za-z0-9]{30,}",  # GitHub
    r"eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*",  # a JSON Web Token, RFC 7519
)
SHAPES = re.compile(rf"(?<![A-Za-z0-9_\-])(?:{'|'.join(_SHAPES)})")
AFTER_SCHEME = re.compile(r"(?i:\b(?:bearer|basic) +)((?=[^\s\"]*[0-9])[A-Za-z0-9\-._~+/]{8,}=*)")
"""Credentials behind their scheme (RFC 9110, section 11.4) wherever they are quoted; some digit is in them."""


def names_a_secret(name: str) -> bool:
    """Whether a header or a query parameter of this name holds a secret, such as `X-Api-Key` or `access_token`."""
    if name.lower() in _NO_SECRETS:
        return False
    return any(word.lower() in _WORDS for word in _WORD.findall(name))


def is_secret_field(name: str) -> bool:
    """Whether a field of this name in a JSON body holds a secret."""
    return _FIELDS.fullmatch(name) is not None
