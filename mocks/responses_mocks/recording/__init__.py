"""Recording in pytest: what a test asks over the network is kept once and played ever after.

The base is pytest-recording, over vcrpy; here is what these lack: streams keep the pieces in which they came, files
lose their secrets and say where they come from, and a request without a recording is told with the nearest one.
"""

from .persister import Persister, same_request
from .transports import recorded_transports

__all__ = ["Persister", "recorded_transports", "same_request"]
