"""Proxies between a judge and a correct server: mutants, which it must fail, and varieties, which it must pass.

What this module names is light to import. The apps, which need an HTTP client and server, are `proxy.app.proxy_app`
and `proxy.absurd.absurd_app`.
"""

from .mutants import MUTANTS, Mutant
from .transform import Relay, Reply, Request, Transform
from .varieties import VARIETIES, Variety
from .wire import Wire

__all__ = ["MUTANTS", "VARIETIES", "Mutant", "Relay", "Reply", "Request", "Transform", "Variety", "Wire"]
