"""A file storage by its URL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from infra_ref.contract import run
from infra_ref.file_storage.errors import StorageUnavailable
from infra_ref.file_storage.make_file_storage import make_file_storage
from tests.file_storage.s3 import S3


def kept(url: str) -> list[bytes]:
    """Return what two namespaces keep at one path."""

    async def story() -> list[bytes]:
        async with make_file_storage(url, namespace="shop") as one, make_file_storage(url) as all_of_it:
            await one.save("a/b", b"content")
            assert await one.read("a/b") == b"content"
            return [await all_of_it.read(info.path) async for info in all_of_it.list("shop/a")]

    return run(story())


def test_memory_is_this_storage_alone() -> None:
    assert kept("memory://") == []


def test_a_folder(tmp_path: Path) -> None:
    assert kept(f"file://{tmp_path}/a%20b") == [b"content"]
    assert (tmp_path / "a b/shop/a/b").read_bytes() == b"content"


def test_a_bucket_on_a_server_that_speaks_s3(s3: S3) -> None:
    options = f"endpoint={s3.url}&access_key_id=test&secret_access_key=test"
    assert kept(f"s3://{s3.bucket()}?{options}") == [b"content"]
    assert kept(f"s3://{s3.bucket()}/below/?{options}") == [b"content"]
    with pytest.raises(StorageUnavailable, match="no such bucket"):
        kept(f"s3://no-such-bucket?{options}")


@pytest.mark.parametrize("url", ["", "folder", "file://folder", "file:", "ftp://h/f", "s3:", "s3:///bucket"])
def test_another_url_says_what_to_write(url: str) -> None:
    with pytest.raises(ValueError, match=r"write memory://, file:///folder, s3://bucket\?region="):
        kept(url)


def test_a_wrong_option_is_named_and_no_secret_shown() -> None:
    with pytest.raises(ValueError, match="nonsense") as raised:
        kept("s3://bucket?nonsense=1&secret_access_key=swordfish")
    assert "swordfish" not in str(raised.value)


def test_what_is_not_installed_is_named() -> None:
    code = (
        "import sys; sys.modules['obstore'] = None\n"
        "from infra_ref.file_storage.make_file_storage import make_file_storage\n"
        "from infra_ref.contract import run\n"
        "async def main():\n"
        "    async with make_file_storage('s3://bucket'): pass\n"
        "run(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'infra-ref[obstore]'" in done.stderr
