"""A plug-in package, built and installed once for all tests of the factory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "shop-shelf-cache"
version = "1.2.3"
[project.entry-points."infra_ref.adapters"]
"cache.shelf" = "shop_shelf_cache:make_cache"
"cache.rotten" = "shop_shelf_cache.rotten:make_cache"
"""

PLUGIN = """
from contextlib import asynccontextmanager
from infra_ref.caching.memory_cache import MemoryCache

@asynccontextmanager
async def make_cache(url, *, namespace):
    cache = MemoryCache()
    cache.url = url
    yield cache
"""


@pytest.fixture(scope="module")
def with_plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the package to a wheel, and install it into a folder of its own; return the folder."""
    folder = tmp_path_factory.mktemp("plugin")
    package = folder / "src" / "shop_shelf_cache"
    package.mkdir(parents=True)
    (folder / "src" / "pyproject.toml").write_text(PYPROJECT)
    (package / "__init__.py").write_text(PLUGIN)
    (package / "rotten.py").write_text("import a_module_that_is_gone\n")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, folder / "src"]
    subprocess.run(build, check=True, capture_output=True, timeout=60)
    (wheel,) = folder.glob("*.whl")
    install = [
        sys.executable,
        "-m",
        "zipfile",
        "-e",
        wheel,
        folder / "site",
    ]
    subprocess.run(install, check=True, timeout=60)
    return folder / "site"
