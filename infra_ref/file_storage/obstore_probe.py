"""`honoured_conditions`: which conditions a store keeps, found out by trying them."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable
from typing import Any

import obstore

from infra_ref.file_storage.arguments import RESERVED
from infra_ref.file_storage.errors import (
    AccessDenied,
    FileChanged,
    FileExists,
    FileMissing,
    StorageError,
    StorageUnavailable,
)
from infra_ref.file_storage.obstore_requests import copy_new, done, put, version


async def honoured_conditions(store: Any) -> frozenset[str]:
    """Return the conditions that the store keeps; none where it lets nobody write.

    Writes two files below `.partial/`, and removes them. Raises StorageUnavailable.
    """
    one, other = (f"{RESERVED}/{secrets.token_hex(8)}" for _ in range(2))
    try:
        stale, _ = await _written(store, one), await _written(store, one)
        await _written(store, other)
        seen = {
            "create": await _refused(put(store, one, b"", False)),
            "version": await _refused(put(store, one, b"", stale)),
            "copy": await _refused(copy_new(store, one, other)),
        }
        await obstore.delete_async(store, [one, other])
    except AccessDenied:
        return frozenset()
    except FileMissing as error:
        raise StorageUnavailable(error.path, "there is no such bucket") from error
    return frozenset(name for name, kept in seen.items() if kept)


async def _written(store: Any, path: str) -> str:
    await put(store, path, secrets.token_bytes(8), True)
    return version(store, await done(path, obstore.head_async(store, path)))


async def _refused(write: Awaitable[None]) -> bool:
    try:
        await write
    except (FileExists, FileChanged):
        return True
    except StorageError:
        return False  # an answer that is not an error of the condition proves nothing
    return False
