"""No path leads out of any storage, whatever it looks like."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore

from infra_ref.contract import run
from infra_ref.file_storage.arguments import path_problem
from infra_ref.file_storage.errors import PathRefused
from infra_ref.file_storage.local_file_storage import LocalFileStorage
from infra_ref.file_storage.memory_file_storage import MemoryFileStorage
from infra_ref.file_storage.obstore_file_storage import CONDITIONS, ObstoreFileStorage
from tests.file_storage.s3 import S3

PARTS = st.sampled_from(
    [
        *(
            "..",
            ".",
            "",
            "/",
            "//",
            "\\",
            "\0",
            "\n",
            ":",
            "C:",
            "~",
            "root",
            "root0",
            "-root",
            "secret",
            "link",
        ),
        *(
            "con",
            "NUL",
            "aux.txt",
            "com1",
            ".partial",
            ".PARTIAL",
            "%2e%2e",
            "%2f",
            "%00",
            "a",
            "a ",
            "a.",
            " ",
        ),
        *(
            "\u2024\u2024",
            "\uff0e\uff0e",
            "\u2215",
            "\u202e",
            "e\u0301",
            "é",
            "\ud800",
            "\ufeff",
            "日本",
            "🗂",
        ),
        *("a" * 255, "a" * 256, "é" * 127, "é" * 128),
    ]
)
PATHS = st.one_of(
    st.lists(PARTS, max_size=6).map("/".join),
    st.lists(PARTS, max_size=6).map("".join),
    st.text(st.characters(codec=None, categories=None), max_size=20),
)


async def tried(files: Any, path: str) -> None:
    """Save at the path, and expect a file of that name or a refusal, and nothing else."""
    try:
        await files.save(path, b"content", overwrite=True)
    except PathRefused:
        assert [info.path async for info in files.list()] == []
        return
    assert not path_problem(path)
    assert [info.path async for info in files.list()] == [path]
    assert await files.read(path) == b"content"
    await files.delete(path)
    assert [info.path async for info in files.list()] == []


def test_a_path_has_at_most_1024_bytes() -> None:
    longest = f"{'a' * 127}/" * 7 + "a" * 128
    assert path_problem(longest) == ""
    assert "1024" in path_problem(longest + "a")


@given(PATHS)
def test_memory(path: str) -> None:
    run(tried(MemoryFileStorage(), path))


@given(PATHS)
def test_obstore(path: str) -> None:
    run(tried(ObstoreFileStorage(MemoryStore(), honours=CONDITIONS), path))


@pytest.fixture(scope="module")
def around() -> Iterator[Path]:
    """Give a folder with a root in it, and with what nobody may reach."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder).resolve()
        for name in ("root", "root0", "secret"):
            (place / name).mkdir()
            (place / name / "a").write_text("theirs")
        (place / "root" / "a").unlink()
        (place / "root" / "link").symlink_to(place / "secret")
        yield place


def everything(folder: Path) -> dict[str, bytes]:
    walked = os.walk(folder)
    return {f"{here}/{name}": Path(here, name).read_bytes() for here, _, names in walked for name in names}


@settings(deadline=None)
@given(PATHS)
def test_a_folder(around: Path, path: str) -> None:
    before = everything(around)
    run(tried(LocalFileStorage(around / "root"), path))
    assert everything(around) == before


@settings(deadline=None, max_examples=30)
@given(PATHS)
def test_a_bucket(s3: S3, path: str) -> None:
    bucket = s3.bucket()
    files = ObstoreFileStorage(s3.store(f"{bucket}", prefix="root"), honours=CONDITIONS)
    run(tried(files, path))
    assert s3.get(f"{s3.url}/{bucket}").count(b"<Contents>") == 0


def test_neither_pipe_nor_foreign_name_is_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "back\\slash").write_text("theirs")
    (tmp_path / os.fsdecode(b"\xff")).write_text("theirs")
    files = LocalFileStorage(tmp_path)

    async def story() -> list[str]:
        assert await files.exists("pipe") is False
        return [info.path async for info in files.list()]

    assert run(story()) == []
