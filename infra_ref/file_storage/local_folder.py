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
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from infra_ref.file_storage.arguments import RESERVED, Overwrite, check_version
from infra_ref.file_storage.errors import PathRefused
from infra_ref.file_storage.port import FileInfo

NO_FILE = {errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.ELOOP}
"""How the operating system says that a path leads to no file."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_UNTOUCHED = getattr(os, "O_NOATIME", 0)  # else Linux writes the time of each listing to the disk


class LocalFolder:
    """Does the work of `LocalFileStorage`. Its methods block, and may raise OSError."""

    def __init__(self, root: Path) -> None:
        self._root, self._unfinished = root, root / RESERVED

    @contextmanager
    def opened(self, folder: str, *, make: bool = False) -> Generator[int]:
        """Open a folder name by name, so that no link is followed."""
        here = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for name in filter(None, folder.split("/")):
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, dir_fd=here)
                        os.fsync(here)
                inner = os.open(name, _FOLDER, dir_fd=here)
                os.close(here)
                here = inner
            yield here
        finally:
            os.close(here)

    def info(self, path: str) -> FileInfo:
        """Return what is known of a file; a folder or a link is not one."""
        folder, name = os.path.split(path)
        with self.opened(folder) as here:
            return info(path, name, here)

    def open(self, path: str, offset: int) -> BinaryIO:
        """Open a file to read from an offset; it stays the version that it is."""
        folder, name = os.path.split(path)
        with self.opened(folder) as here:
            info(path, name, here)  # which does not open a pipe or a device
            file = os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=here), "rb")
        file.seek(min(offset, os.fstat(file.fileno()).st_size))
        return file

    def delete(self, path: str) -> None:
        """Remove a file, and the folders that are empty then."""
        self.info(path)
        folder, name = os.path.split(path)
        with self._locked(), self.opened(folder) as here:
            os.unlink(name, dir_fd=here)
            os.fsync(here)
            with suppress(OSError):  # one is not empty
                while folder:
                    folder, name = os.path.split(folder)
                    with self.opened(folder) as above:
                        os.rmdir(name, dir_fd=above)

    @contextmanager
    def writing(self, path: str, overwrite: Overwrite) -> Generator[BinaryIO]:
        """Open a new file; the end of the block puts it in its place if `check` lets it, or removes it."""
        (folder, target), name = os.path.split(path), secrets.token_hex(8)
        with self._locked() as unfinished:
            for left in os.listdir(unfinished):
                _remove_if_abandoned(left, unfinished)
            with open(name, "xb", opener=partial(os.open, mode=0o666, dir_fd=unfinished)) as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # for as long as its writer lives
                fcntl.flock(unfinished, fcntl.LOCK_UN)
                try:
                    yield file
                    file.flush()
                    # The kernel stamps by the tick, of milliseconds: two versions could have the same time.
                    os.utime(file.fileno(), ns=(now := time.time_ns(), now))
                    os.fsync(file.fileno())
                    fcntl.flock(unfinished, fcntl.LOCK_EX)
                    self.check(path, overwrite)
                    with self.opened(folder, make=True) as here:
                        os.replace(name, target, src_dir_fd=unfinished, dst_dir_fd=here)
                        os.fsync(here)
                except BaseException:
                    with suppress(FileNotFoundError):
                        os.unlink(name, dir_fd=unfinished)
                    raise

    def check(self, path: str, overwrite: Overwrite) -> None:
        """Raise FileExists, FileChanged or PathRefused where a write would be refused now."""
        try:
            version = self.info(path).etag
        except FileNotFoundError:
            version = None
        except OSError as error:
            if error.errno in NO_FILE:
                raise PathRefused(path, "a folder, a file or a link is in its way") from error
            raise
        check_version(path, version, overwrite)

    @contextmanager
    def _locked(self) -> Generator[int]:
        """Open the folder of unfinished files, while no other thread and no other process does."""
        try:
            here = os.open(self._unfinished, _FOLDER | _UNTOUCHED)
        except OSError:  # it does not exist, or is another user's
            self._unfinished.mkdir(parents=True, exist_ok=True)
            here = os.open(self._unfinished, _FOLDER)
        try:
            fcntl.flock(here, fcntl.LOCK_EX)
            yield here
        finally:
            os.close(here)


def info(path: str, name: str, folder: int) -> FileInfo:
    """Return what is known of a file by its name in an open folder."""
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EISDIR, "not a file")
    etag = f"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"  # of no two versions the same
    return FileInfo(path, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC), etag)


def _remove_if_abandoned(name: str, folder: int) -> None:
    with suppress(OSError), os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while its writer lives
        os.unlink(name, dir_fd=folder)
