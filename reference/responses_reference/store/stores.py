"""Which store a `--store` setting means."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .store import Store

MEMORY = "memory:"
_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


def open_store(setting: str, expire_after: float | None, keep: int | None = None) -> Store:
    """The store of a setting; ValueError when it means none, or that store can't be opened."""
    if setting == MEMORY:
        from .memory import KEEP, MemoryStore  # noqa: PLC0415 - late on purpose

        return MemoryStore(expire_after, keep=keep or KEEP)
    if keep is not None:
        raise ValueError(f"--keep is for --store {MEMORY}; the others keep all, or what --expire-after leaves")
    if setting.startswith(_SQLITE) and len(setting) > len(_SQLITE):
        return _sqlite(setting, expire_after)
    if setting.startswith(_POSTGRES):
        return _postgres(setting, expire_after)
    raise ValueError(f"--store {setting!r} is none of memory:, sqlite:///PATH, postgresql://…")


def _sqlite(setting: str, expire_after: float | None) -> Store:
    from pathlib import Path  # noqa: PLC0415 - late on purpose
    from sqlite3 import Error  # noqa: PLC0415 - late on purpose

    from .sqlite import SQLiteStore  # noqa: PLC0415 - late on purpose

    try:
        return SQLiteStore(Path(setting.removeprefix(_SQLITE)), expire_after)
    except Error as error:
        raise ValueError(f"--store {setting}: {error}") from error


def _postgres(setting: str, expire_after: float | None) -> Store:
    try:
        from psycopg import Error  # noqa: PLC0415 - an extra

        from .postgres import PostgresStore  # noqa: PLC0415 - late on purpose
    except ImportError as error:
        message = "--store postgresql://… needs the extra: pip install 'responses-conformance[postgres]'"
        raise ValueError(message) from error
    try:
        return PostgresStore(setting, expire_after)
    except Error as error:
        # The message alone: the setting may have a password in it.
        raise ValueError(f"--store postgresql://…: {str(error).strip()}") from error
