from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra_ref.workbench import catalog_cache
from infra_ref.workbench.catalog import FROM_INNER, catalog
from infra_ref.workbench.catalog_cache import cached_catalog
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.show import find
from infra_ref.workbench.source_tree import SourceTree
from tests.workbench.conftest import ROOT, environment

PACKAGE = {
    "__init__.py": "",
    "clock.py": '"""Time."""\nclass Clock: ...\n',
    "stock/__init__.py": '"""Stock: what is there.\n\nReading order: `port`, `shelf_stock`.\n"""\n',
    "stock/port.py": (
        "from typing import Protocol, TypeVar\nV = TypeVar('V')\n"
        'class Stock(Protocol[V]):\n    """Keeps things."""\n'
        "    async def put(self): ...\n    async def count(self): ...\n    def _own(self): ...\n"
        "class CountedStock(Stock[V], Protocol[V]):\n    def total(self): ...\n"
        "class Gone(Exception): ...\n"
    ),
    "stock/contracts/stock_contract.py": (
        "from shop.stock.port import Stock, CountedStock\n"
        "class StockContract(Contract):\n    port = Stock\n"
        "    @rule('STOCK-01', 'one')\n    async def one(self, stock): ...\n"
        "class CountedStockContract(StockContract):\n    port = CountedStock\n"
        "    @rule('STOCK-02', 'two')\n    async def two(self, stock): ...\n"
    ),
    "stock/shelf_stock.py": (
        "import json, shelfware.board\nfrom typing import TYPE_CHECKING\nfrom shop.stock.nails import nail\n"
        "if TYPE_CHECKING:\n    import only_for_types\n"
        "try:\n    import perhaps\nexcept ImportError:\n    pass\n"
        'class ShelfStock:\n    """Things on a shelf."""\n'
        '    lacks: ClassVar = {"outage": "a shelf " "stands"}\n'
        "    async def put(self):\n        import later\n    async def count(self): ...\n"
        "class _Hidden(ShelfStock): ...\n"
    ),
    "stock/nails.py": "from ironware import nail\n",
    "stock/decorators/decorator.py": (
        "class StockDecorator:\n    def __init__(self, inner): ...\n"
        "    @property\n    def lacks(self): ...\n"
        "    async def put(self): ...\n    async def count(self): ...\n"
    ),
    "stock/decorators/counted_stock.py": (
        "from shop.stock.decorators.decorator import StockDecorator\n"
        "class TallyStock(StockDecorator):\n    def total(self): ...\n"
        "class Half:\n    count: int\n    async def put(self): ...\n"
    ),
    "workbench/tool.py": "this is not even Python\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for name, text in PACKAGE.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "shop"


def test_all_is_derived_from_the_code_and_nothing_of_it_is_imported(shop: Path) -> None:
    (pattern,) = catalog(SourceTree(shop))
    assert (pattern.name, pattern.summary) == ("stock", "Stock: what is there.")
    assert pattern.lines == sum(
        text.count("\n") for name, text in PACKAGE.items() if name.startswith("stock")
    )
    assert [(port.name, port.methods) for port in pattern.ports] == [
        ("Stock", ("put", "count")),
        ("CountedStock", ("put", "count", "total")),
    ]
    tally, shelf = pattern.adapters
    assert (tally.name, tally.ports, tally.wraps, tally.lacks) == (
        "TallyStock",
        ("CountedStock",),
        True,
        {"*": FROM_INNER},
    )
    assert (shelf.name, shelf.summary, shelf.ports, shelf.wraps) == (
        "ShelfStock",
        "Things on a shelf.",
        ("Stock",),
        False,
    )
    assert shelf.lacks == {"outage": "a shelf stands"}
    assert shelf.requirements == ("ironware", "shelfware"), (
        "what importing it needs, through its own modules too"
    )
    assert [(one.name, one.port, one.rules) for one in pattern.contracts] == [
        ("StockContract", "Stock", (("STOCK-01", "one"),)),
        ("CountedStockContract", "CountedStock", (("STOCK-01", "one"), ("STOCK-02", "two"))),
    ]


def test_it_is_cached_until_a_file_changes(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    kept, notebooks = tmp_path / "kept" / "catalog.json", tmp_path / "notebooks"
    first = cached_catalog(shop, notebooks, kept)
    assert first == catalog(SourceTree(shop), notebooks)
    with monkeypatch.context() as patch:
        patch.setattr(catalog_cache, "catalog", lambda *_: pytest.fail("read again"))
        assert cached_catalog(shop, notebooks, kept) == first

    (shop / "stock" / "shelf_stock.py").unlink()
    assert [one.name for one in cached_catalog(shop, notebooks, kept)[0].adapters] == ["TallyStock"]
    notebooks.mkdir()
    (notebooks / "03_stock.ipynb").write_text("{}")
    assert cached_catalog(shop, notebooks, kept)[0].notebook == "03_stock.ipynb"

    kept.write_text('{"half": ')
    assert cached_catalog(shop, notebooks, kept)[0].notebook == "03_stock.ipynb"


def test_nothing_is_written_where_python_writes_no_bytecode(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    cached_catalog(shop, tmp_path, tmp_path / "kept.json")
    assert not (tmp_path / "kept.json").exists()
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "file").write_text("")
    assert cached_catalog(shop, tmp_path, tmp_path / "file" / "kept.json"), "not to be written to: no matter"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("stock/shelf_stock", "stock/shelf_stock.py"),
        ("stock/shelf_stock.py", "stock/shelf_stock.py"),
        ("stock/counted_stock", "stock/decorators/counted_stock.py"),
        ("stock/decorators/counted_stock", "stock/decorators/counted_stock.py"),
        ("shelf-stock", "stock/shelf_stock.py"),
        ("TallyStock", "stock/decorators/counted_stock.py"),
        ("stock.shelf_stock", "stock/shelf_stock.py"),
        ("shop.stock.shelf_stock", "stock/shelf_stock.py"),
        ("ShelfStock", "stock/shelf_stock.py"),
        ("shelfstock", "stock/shelf_stock.py"),
        ("stock", "stock/__init__.py"),
        ("clock", "clock.py"),
        ("Clock", "clock.py"),
        ("shop", "__init__.py"),
    ],
)
def test_a_file_is_found_by_any_of_its_names(shop: Path, name: str, file: str) -> None:
    assert find(name, SourceTree(shop)).path == shop / file


def test_a_near_miss_is_suggested(shop: Path) -> None:
    with pytest.raises(Refused, match=r"^There is nothing called ShelfStok: did you mean ShelfStock"):
        find("ShelfStok", SourceTree(shop))
    with pytest.raises(Refused, match="`infra-ref list` has all names"):
        find("qqqqqq", SourceTree(shop))


def test_a_name_in_two_files_is_asked_back(shop: Path) -> None:
    (shop / "stock" / "other.py").write_text("class TallyStock: ...\n")
    with pytest.raises(
        Refused, match="TallyStock is in several files: name stock/counted_stock or stock/other"
    ):
        find("TallyStock", SourceTree(shop))


def test_list_json(command: Any) -> None:
    done = command("list", "--json")
    said = json.loads(done.stdout)
    assert set(said) == {"version", "patterns"}
    caching = next(one for one in said["patterns"] if one["name"] == "caching")
    assert {"Cache", "DistributedCache", "CacheStrategy"} <= {port["name"] for port in caching["ports"]}
    gateway = next(one for one in said["patterns"] if one["name"] == "gateway")
    first = [gateway[kind][0]["name"] for kind in ("ports", "contracts")]
    assert first == ["HttpClient", "HttpClientContract"]  # of several, the main one
    adapters = {one["name"]: one for one in caching["adapters"]}
    assert adapters["RedisCache"]["requirements"] == ["redis>=7"]
    assert "outage" in adapters["MemoryCache"]["lacks"]
    assert adapters["CountedCache"]["wraps"]
    assert not {"CacheDecorator", "LeasingDecorator"} & set(adapters)


def test_what_an_adapter_declares_is_what_the_list_says() -> None:
    from infra_ref.caching.memory_cache import MemoryCache
    from infra_ref.caching.two_level_cache import TwoLevelCache

    listed = {
        one.name: one for pattern in catalog(SourceTree(ROOT / "infra_ref")) for one in pattern.adapters
    }
    for kind in (MemoryCache, TwoLevelCache):
        assert listed[kind.__name__].lacks == dict(kind.lacks)


def test_list_and_show_are_plain_when_piped(command: Any) -> None:
    listed = command("list").stdout
    assert "  adapter   MemoryCache " in listed
    assert "\x1b" not in listed
    shown = command("show", "RedisCache")
    assert shown.stdout == (ROOT / "infra_ref" / "caching" / "redis_cache.py").read_text()
    order = command("show", "caching").stdout
    assert order.index("  port ") < order.index("  memory_cache ") < order.index("  decorators/stale_cache ")
    refused = command("show", "RedisCash")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "did you mean RedisCache" in refused.stderr


def test_in_a_terminal_they_are_drawn() -> None:
    pty = pytest.importorskip("pty", reason="terminals as POSIX has them")
    import os

    for args, wanted in (
        (("list",), "MemoryCache"),
        (("show", "RedisCache"), "\x1b["),
        (("check", "caching", "infra_ref.caching.memory_cache:MemoryCache"), "CACHE-01"),
    ):
        parent, child = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "infra_ref.workbench.cli", *args],
            env=environment(TERM="xterm-256color"),
            stdin=subprocess.DEVNULL,
            stdout=child,
            stderr=child,
        )
        os.close(child)
        seen = b""
        while True:
            try:
                more = os.read(parent, 65536)
            except OSError:  # how Linux says that the other side has closed
                break
            if not more:
                break
            seen += more
        os.close(parent)
        assert process.wait(20) == 0, seen
        assert wanted in seen.decode()
        assert "\x1b[" in seen.decode()
        assert "Traceback (most" not in seen.decode()
