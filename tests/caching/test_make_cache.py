"""A cache by its URL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from infra_ref.caching.make_cache import make_cache
from infra_ref.contract import run


def holds(url: str) -> bool:
    async def story() -> bool:
        async with make_cache(url, namespace="infra_ref/test/make") as cache:
            await cache.set("k", {"a": [1]}, ttl=5)
            found = await cache.get("k")
            await cache.clear()
            return bool(found == {"a": [1]})

    return run(story())


@pytest.mark.parametrize("url", ["memory://", "fakeredis://"])
def test_a_backend_is_switched_by_one_url(url: str) -> None:
    assert holds(url)


def test_a_real_server_is_one_too(valkey: Path) -> None:
    assert holds(f"unix://{valkey}")


@pytest.mark.parametrize("url", ["memcached://h", "", "localhost:6379", "redys://h"])
def test_an_unknown_url_says_what_to_write(url: str) -> None:
    with pytest.raises(ValueError, match="memory://, fakeredis:// or redis://"):
        holds(url)


def test_what_is_not_installed_is_named() -> None:
    code = (
        "import sys; sys.modules['redis'] = None\n"
        "from infra_ref.caching.make_cache import make_cache\n"
        "from infra_ref.contract import run\n"
        "async def main():\n"
        "    async with make_cache('redis://localhost', namespace='n'): pass\n"
        "run(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'infra-ref[redis]'" in done.stderr
