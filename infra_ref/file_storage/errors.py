"""What a file storage raises."""

from __future__ import annotations

from typing import ClassVar


class StorageError(Exception):
    """Why a file storage did not do it; `path` is the file or folder it is about."""

    says: ClassVar[str]
    retryable: ClassVar[bool] = False
    retry_after: float | None = None  # no storage gives a time

    def __init__(self, path: str, why: str = "") -> None:
        super().__init__(path, why)
        self.path, self.why = path, why

    @property
    def cause(self) -> BaseException | None:
        """The exception behind it, for a debugger: its text may hold secrets."""
        return self.__cause__

    def __str__(self) -> str:
        return f"{self.path!r} {self.says}" + (f": {self.why}" if self.why else "")


class FileMissing(StorageError):
    """There is no such file. A folder is not a file."""

    says = "does not exist"


class FileExists(StorageError):
    """There is one already, and it was not to be overwritten."""

    says = "exists: pass overwrite=True to replace it"


class FileChanged(StorageError):
    """It is no longer the version that was to be overwritten, or is gone."""

    says = "has changed since its etag was read: read it again"


class FileDamaged(StorageError):
    """What is stored cannot be opened: changed from outside, moved, or sealed with an unknown key."""

    says = "cannot be opened"


class PathRefused(StorageError):
    """No file can have this path."""

    says = "is not a path for a file"


class AccessDenied(StorageError):
    """The operating system or the store does not let this process do it."""

    says = "is not accessible with these rights"


class NotSupported(StorageError):
    """The storage cannot do it, and has changed nothing."""

    says = "needs what this storage cannot do"


class StorageUnavailable(StorageError):
    """The disk or the store failed, or did not answer in time. A write may have happened, whole."""

    says = "was not reached"
    retryable = True
