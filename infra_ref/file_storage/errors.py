"""What a file storage raises."""

from __future__ import annotations

from typing import ClassVar


class StorageError(Exception):
    """Why a file storage did not do it; `path` is the file or folder it is about."""

    says: ClassVar[str]
    retryable: ClassVar[bool] = False
    retry_after: float | None = None  # no storage gives a time

    def __init_subclass__(cls, *, says: str) -> None:
        cls.says = says

    def __init__(self, path: str, why: str = "") -> None:
        super().__init__(path, why)
        self.path, self.why = path, why

    @property
    def cause(self) -> BaseException | None:
        """The exception behind it, for a debugger: its text may hold secrets."""
        return self.__cause__

    def __str__(self) -> str:
        return f"{self.path!r} {self.says}" + (f": {self.why}" if self.why else "")


class FileMissing(StorageError, says="does not exist"):
    """There is no such file. A folder is not a file."""


class FileExists(StorageError, says="exists: pass overwrite=True to replace it"):
    """There is one already, and it was not to be overwritten."""


class FileChanged(StorageError, says="has changed since its etag was read: read it again"):
    """It is no longer the version that was to be overwritten, or is gone."""


class FileDamaged(StorageError, says="cannot be opened"):
    """What is stored cannot be opened: changed from outside, moved, or sealed with an unknown key."""


class PathRefused(StorageError, says="is not a path for a file"):
    """No file can have this path."""


class AccessDenied(StorageError, says="is not accessible with these rights"):
    """The operating system or the store does not let this process do it."""


class NotSupported(StorageError, says="needs what this storage cannot do"):
    """The storage cannot do it, and has changed nothing."""


class StorageUnavailable(StorageError, says="was not reached"):
    """The disk or the store failed, or did not answer in time. A write may have happened, whole."""

    retryable = True
