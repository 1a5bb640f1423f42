"""Extensions: modules of a user's own whose import adds requirements, checks and scenarios to the suite's."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import HarnessError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable


def load(names: Iterable[str]) -> None:
    """Import each extension once: a module by its dotted name, a file by its path.

    One that is not there, or breaks, is a `UsageError`.
    """
    for name in names:
        try:
            if name.endswith(".py"):
                _load_file(Path(name))
            else:
                importlib.import_module(name)
        except HarnessError:
            raise
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            told = f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})"
            raise UsageError(f"--plugin {name} can't be imported: {told}") from error


def _load_file(path: Path) -> None:
    if not path.is_file():
        raise UsageError(f"--plugin {path} is no file")
    # The name is the path's own, so that a file is imported once, and no module of that name is hidden.
    name = f"responses_extension:{path.resolve()}"
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"--plugin {path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
