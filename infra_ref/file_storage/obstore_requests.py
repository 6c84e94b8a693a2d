"""How requests of obstore are made, each to its end, and what its exceptions mean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotSupportedError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import GCSStore

from infra_ref.file_storage.arguments import CHUNK, Overwrite, finished
from infra_ref.file_storage.errors import (
    AccessDenied,
    FileChanged,
    FileExists,
    FileMissing,
    NotSupported,
    StorageError,
    StorageUnavailable,
)

T = TypeVar("T")
PART = 8 * CHUNK
"""Bytes in one request. S3 takes parts from 5 MiB, and 10,000 of them: 78 GiB a file."""
ATTEMPTS = 6
PAUSE = 0.02
"""Seconds before a request that met a conflict is made again, twice as long each time."""


def version(store: Any, meta: Any) -> str:
    """Return what a condition names: of Google's stores the number of a version, of others the etag."""
    return str(meta[_version_key(store)])


async def put(store: Any, path: str, content: bytes | bytearray, overwrite: Overwrite) -> None:
    """Write in one request. Raises FileExists or FileChanged if its condition does not hold."""
    named: Any = {False: "create", True: "overwrite"}
    mode = named.get(overwrite, {_version_key(store): overwrite})
    await _conditional(
        path,
        FileChanged if isinstance(overwrite, str) else FileExists,
        lambda: obstore.put_async(store, path, content, mode=mode, use_multipart=False),
    )


async def copy_new(store: Any, source: str, target: str) -> None:
    """Copy to where there is no file. Raises FileExists where there is."""
    copy = partial(obstore.copy_async, store, source, target, overwrite=False)
    try:
        await _conditional(target, FileExists, copy)
    except FileMissing as error:
        raise FileMissing(source) from error


async def _conditional(path: str, refused: type[StorageError], request: Callable[[], Awaitable[Any]]) -> None:
    """Make a request, again after a 409, but not after a 412.

    S3 says 412 where a condition does not hold, and 409 where others write at the same moment
    (Amazon S3 User Guide, "Conditional requests").
    """
    for attempt in range(ATTEMPTS):
        try:
            await done(path, request())
            return
        except (AlreadyExistsError, PreconditionError) as error:
            if "status code: 409" not in str(error):
                raise refused(path) from error
        await asyncio.sleep(PAUSE * 2**attempt)
    raise StorageUnavailable(path, "others go on writing it")


async def upload(store: Any, path: str, begin: bytearray, rest: AsyncIterable[bytes]) -> None:
    """Write in as many requests as it takes; if `rest` breaks off, so does the upload."""
    writer = obstore.open_writer_async(store, path, buffer_size=PART, max_concurrency=2)
    try:
        await done(path, writer.write(begin))
        async for part in rest:
            await done(path, writer.write(part))
    except BaseException as broken:
        with suppress(StorageError):
            await done(path, writer.__aexit__(type(broken), broken, None))
        raise
    await done(path, writer.close())


async def done(path: str, request: Awaitable[T]) -> T:
    """Await a request to its end, and raise what the port names for what obstore raises."""
    with translated(path):
        return await finished(request)


@contextmanager
def translated(path: str) -> Generator[None]:
    """Raise what the port names for what obstore raises."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileMissing(path) from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise AccessDenied(path) from error
    except NotSupportedError as error:
        raise NotSupported(path, "the store has no such request") from error
    except (AlreadyExistsError, PreconditionError):
        raise  # what it means depends on the condition
    except (BaseError, OSError) as error:  # the latter of a writer
        raise StorageUnavailable(path) from error


def _version_key(store: Any) -> str:
    return "version" if isinstance(store, GCSStore) else "e_tag"
