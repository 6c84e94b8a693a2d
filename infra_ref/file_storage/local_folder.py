"""A folder of this machine that files are put into whole, and that no symbolic link leads out of."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import BinaryIO

from infra_ref.file_storage.arguments import RESERVED, Overwrite, check_version
from infra_ref.file_storage.errors import PathRefused

NO_FILE = {errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.ELOOP}
"""How the operating system says that a path leads to no file."""


class LocalFolder:
    """Does the work of `LocalFileStorage`. Its methods block, and may raise OSError."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def stat(self, path: str) -> os.stat_result:
        """Return what is known of a file; a folder or a link is not one."""
        folder, name = path.rpartition("/")[::2]
        with self._opened(folder) as here:
            found = os.stat(name, dir_fd=here, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EISDIR, "not a file")
        return found

    def open(self, path: str, offset: int) -> BinaryIO:
        """Open a file to read from an offset; it stays the version that it is."""
        size = self.stat(path).st_size  # which does not open a pipe or a device
        folder, name = path.rpartition("/")[::2]
        with self._opened(folder) as here:
            file = os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=here), "rb")
        file.seek(min(offset, size))
        return file

    def paths(self, folder: str) -> list[str]:
        """Return the paths of all that is below a folder and is not one itself, in order."""
        with self._opened(folder) as top:
            walked = os.fwalk(".", onerror=_raise_unless_gone, dir_fd=top)
            found = [(here, name) for here, _, names, _ in walked for name in names]
        return sorted(os.path.normpath(f"{folder or '.'}/{here}/{name}") for here, name in found)

    def delete(self, path: str) -> None:
        """Remove a file, and the folders that are empty then."""
        self.stat(path)
        folder, name = path.rpartition("/")[::2]
        with self._locked(), self._opened(folder) as here:
            os.unlink(name, dir_fd=here)
            os.fsync(here)
            with suppress(OSError):  # one is not empty
                while folder:
                    folder, name = folder.rpartition("/")[::2]
                    with self._opened(folder) as above:
                        os.rmdir(name, dir_fd=above)

    def begin(self) -> BinaryIO:
        """Open a new file in the folder of unfinished ones, locked for as long as its writer lives."""
        with self._locked() as unfinished:
            for left in os.listdir(unfinished):
                _remove_if_abandoned(left, unfinished)
            raw = FileIO(secrets.token_hex(8), "xb", opener=partial(os.open, mode=0o666, dir_fd=unfinished))
            fcntl.flock(raw, fcntl.LOCK_EX)
            return BufferedWriter(raw)

    def commit(self, file: BinaryIO, path: str, overwrite: Overwrite) -> None:
        """Put an unfinished file in its place, if `check` lets it."""
        file.flush()
        # The kernel stamps by the tick, of milliseconds: two versions could have the same time.
        os.utime(file.fileno(), ns=(now := time.time_ns(), now))
        os.fsync(file.fileno())
        folder, name = path.rpartition("/")[::2]
        with self._locked() as unfinished:
            self.check(path, overwrite)
            with self._opened(folder, make=True) as here:
                os.replace(file.name, name, src_dir_fd=unfinished, dst_dir_fd=here)
                os.fsync(here)

    def discard(self, file: BinaryIO) -> None:
        """Close an unfinished file, and remove it if it was not put in its place."""
        with suppress(OSError):  # a full disk refuses what was not yet written once more
            file.close()
        with suppress(FileNotFoundError), self._opened(RESERVED) as unfinished:
            os.unlink(file.name, dir_fd=unfinished)

    def check(self, path: str, overwrite: Overwrite) -> None:
        """Raise FileExists, FileChanged or PathRefused where a write would be refused now."""
        try:
            version = etag(self.stat(path))
        except FileNotFoundError:
            version = None
        except OSError as error:
            if error.errno in NO_FILE:
                raise PathRefused(path, "a folder, a file or a link is in its way") from error
            raise
        check_version(path, version, overwrite)

    @contextmanager
    def _opened(self, folder: str, *, make: bool = False) -> Generator[int]:
        """Open a folder name by name, so that no link is followed."""
        if make:
            self._root.mkdir(parents=True, exist_ok=True)
        here = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for name in filter(None, folder.split("/")):
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, dir_fd=here)
                        os.fsync(here)
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
                os.close(here)
                here = inner
            yield here
        finally:
            os.close(here)

    @contextmanager
    def _locked(self) -> Generator[int]:
        """Open the folder of unfinished files, while no other thread and no other process does."""
        with self._opened(RESERVED, make=True) as unfinished:
            fcntl.flock(unfinished, fcntl.LOCK_EX)
            yield unfinished


def etag(found: os.stat_result) -> str:
    """Return what differs from one version of a file to the next."""
    return f"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"


def _remove_if_abandoned(name: str, folder: int) -> None:
    with suppress(OSError), os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while its writer lives
        os.unlink(name, dir_fd=folder)


def _raise_unless_gone(error: OSError) -> None:
    if error.errno not in NO_FILE:
        raise error
