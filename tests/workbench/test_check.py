"""`infra-ref check`, on a contract and on adapters that are not infra_ref's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CONTRACT = """
from __future__ import annotations
from typing import Any, Protocol
from infra_ref.contract import Contract, Passing, rule

class Stock(Protocol):
    async def put(self, name: str) -> None: ...
    async def count(self, name: str) -> int: ...

class StockContract(Contract):
    port = Stock
    seconds_per_rule = seconds_blocked = 0.4

    @rule("STOCK-01", "what was put is counted")
    async def counts(self, stock: Any) -> None:
        await stock.put("pear")
        assert await stock.count("pear") == 1

    @rule("STOCK-02", "nothing is counted before")
    async def empty(self, stock: Any) -> None:
        assert await stock.count("pear") == 0

    @rule("STOCK-03", "what was put is rotten after a day")
    async def rots(self, stock: Any, clock: Passing) -> None:
        await stock.put("pear")
        await clock.advance(86_401)
        assert await stock.count("pear") == 0
"""

ADAPTERS = """
from __future__ import annotations
import asyncio, sys, time
from contextlib import asynccontextmanager
from infra_ref.clock import Clock
from shop.contract import StockContract

class Good:
    def __init__(self, clock: Clock) -> None:
        self.clock, self.put_at = clock, {}
    async def put(self, name):
        print("a print must not spoil the report")
        self.put_at[name] = self.clock.monotonic()
    async def count(self, name):
        return int(self.clock.monotonic() - self.put_at.get(name, -90_000) < 86_400)

class Broken(Good):
    async def count(self, name):
        return 1

class Raises(Good):
    async def put(self, name):
        raise RuntimeError("the shelf fell down")

class Hangs(Good):
    async def put(self, name):
        await asyncio.Event().wait()

class Blocks(Good):
    async def put(self, name):
        time.sleep(30)

class Empty:
    pass

async def coroutine(clock):
    await asyncio.sleep(0)
    return Good(clock)

@asynccontextmanager
async def managed(clock):
    yield Good(clock)
    print("closed", file=sys.stderr)

class holder:
    make = Good

class GoodStock(StockContract):
    def make(self, clock):
        return Good(clock)

class Makeless(StockContract):
    pass

class Other(StockContract.__mro__[1]):
    def make(self): ...

def fails(): raise OSError("no server there")
def wants(url, *, size): ...
def yields(): yield Good
nothing = 7
"""


@pytest.fixture
def shop(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "__init__.py").write_text("")
    (shop / "contract.py").write_text(CONTRACT)
    (shop / "stock.py").write_text(ADAPTERS)
    (shop / "broken_file.py").write_text("1 +\n")
    (shop / "raising_file.py").write_text("raise ValueError('not today')\n")
    (shop / "needy_file.py").write_text("import redis_that_is_not_there\n")


@pytest.fixture
def check(command: Callable[..., Any], shop: None) -> Callable[..., Any]:
    return lambda *args: command("check", *args)


def test_in_a_process_of_its_own_it_finds_what_is_in_the_current_folder(
    infra_ref_in: Any, shop: None
) -> None:
    def own(*args: str) -> Any:
        return infra_ref_in("check", *args)

    assert outcomes(own, "shop.stock:Good")[:2] == (0, ["holds"] * 3)
    assert outcomes(own, "shop.stock:Blocks")[:2] == (1, ["broken", "not tried", "not tried"])
    refused = own("shop.contract:StockContract", "shop.stock:Goood")
    assert (refused.returncode, refused.stdout) == (2, "")


def outcomes(
    check: Callable[..., Any], factory: str, *args: str
) -> tuple[int, list[str], list[dict[str, str]]]:
    done = check("shop.contract:StockContract", factory, "--json", *args)
    rules = json.loads(done.stdout)["reports"][0]["rules"]
    return done.returncode, [one["outcome"] for one in rules], rules


@pytest.mark.parametrize("name", ["Good", "coroutine", "managed", "holder.make", "GoodStock"])
def test_whatever_gives_a_good_adapter_holds(check: Callable[..., Any], name: str) -> None:
    code, seen, _ = outcomes(check, f"shop.stock:{name}")
    assert (code, seen) == (0, ["holds"] * 3)


@pytest.mark.parametrize(
    ("name", "broken", "says"),
    [
        ("Broken", [2, 3], "1"),
        ("Raises", [1, 3], "RuntimeError: the shelf fell down"),
        ("Hangs", [1], "no answer within 0.4 s"),
        ("Blocks", [1], "blocked the event loop for 0.4 s"),
    ],
)
def test_a_bad_adapter_breaks_just_its_rules(
    check: Callable[..., Any], name: str, broken: list[int], says: str
) -> None:
    code, seen, rules = outcomes(check, f"shop.stock:{name}")
    assert code == 1
    assert [number for number, one in enumerate(seen, 1) if one == "broken"] == broken
    assert says in rules[broken[0] - 1]["seen"]


def test_piped_it_is_plain_text(check: Callable[..., Any]) -> None:
    done = check("shop.contract:StockContract", "shop.stock:Broken")
    assert done.returncode == 1
    assert "✗ STOCK-02  nothing is counted before\n    expected: 0\n        seen: 1\n" in done.stdout
    assert done.stdout.rstrip().endswith("StockContract · Broken: core 1 of 3; 2 broken")
    assert "Traceback" not in done.stderr


def test_a_context_manager_is_closed(check: Callable[..., Any]) -> None:
    assert check("shop.contract:StockContract", "shop.stock:managed").stderr.count("closed") == 3


def test_only_one_rule(check: Callable[..., Any]) -> None:
    code, seen, rules = outcomes(check, "shop.stock:Broken", "--only", "STOCK-01")
    assert (code, seen, rules[0]["number"]) == (0, ["holds"], "STOCK-01")


def test_where_no_rule_could_be_tried_it_says_how(check: Callable[..., Any]) -> None:
    done = check("Cache", "infra_ref.caching.memory_cache:MemoryCache", "--only", "CACHE-24")
    assert (done.returncode, "exempt: memory does not go away" in done.stdout) == (2, True)
    assert "a subclass of CacheContract that has it, and `make`" in done.stderr


@pytest.mark.parametrize(
    ("port", "factory", "says"),
    [
        ("cachign", "shop.stock:Good", "There is no pattern or port cachign: did you mean caching?"),
        ("Cach", "shop.stock:Good", "There is no pattern or port Cach: did you mean Cache"),
        (
            "repository",
            "shop.stock:Good",
            "RepositoryContract wants `samples` (three entities",
        ),
        (
            "shop.stock:Good",
            "shop.stock:Good",
            "is no contract: name a subclass of infra_ref.contract.Contract",
        ),
        (..., "shop.stock.Good", "shop.stock.Good is not module:name: write it like "),
        (..., "shop.stock:Goood", "shop.stock has no Goood: did you mean Good"),
        (
            ...,
            "shoop.stock:Good",
            "There is no module shoop to import: run it from the folder that holds shoop",
        ),
        (..., "shop.stocks:Good", "There is no module shop.stocks to import"),
        (..., "shop.broken_file:Good", "Importing shop.broken_file raised SyntaxError: invalid syntax"),
        (
            ...,
            "shop.raising_file:Good",
            "raised ValueError: not today (raising_file.py, line 1): put that right",
        ),
        (
            ...,
            "shop.needy_file:Good",
            "needs redis_that_is_not_there, which is missing: pip install redis_that",
        ),
        (
            ...,
            "shop.stock:wants",
            "wants wants url, size: name a function without arguments that returns wants(url=",
        ),
        (..., "shop.stock:yields", "yields yields: put @contextlib.asynccontextmanager above an async def."),
        (
            ...,
            "shop.stock:nothing",
            "A int makes nothing: name a class or a function that gives the adapter.",
        ),
        (..., "shop.stock:Makeless", "Makeless does not say what to make: give it a method make(self)."),
        (
            ...,
            "shop.stock:Other",
            "Other is a contract, but not for this: it must be a subclass of StockContract.",
        ),
        ("caching", "shop.stock:fails", "Making the adapter raised OSError: no server there (stock.py, line"),
        (
            "caching",
            "shop.stock:Empty",
            "What it makes keeps no port of the pattern; ",
        ),
    ],
)
def test_misuse_is_told_in_a_sentence_that_says_what_to_do(
    check: Callable[..., Any], port: Any, factory: str, says: str
) -> None:
    refused = check("shop.contract:StockContract" if port is ... else port, factory)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("infra-ref: ")
    assert refused.stderr.count("\n") == 1
    assert says.removeprefix("wants ").removeprefix("yields ") in refused.stderr


def test_an_unknown_rule_is_told(check: Callable[..., Any]) -> None:
    refused = check("shop.contract:StockContract", "shop.stock:Good", "--only", "STOCK-3")
    assert refused.returncode == 2
    assert "No rule that applies here has the number STOCK-3: did you mean STOCK-03?" in refused.stderr


def test_a_pattern_holds_to_every_contract_that_applies_each_rule_once(check: Callable[..., Any]) -> None:
    done = check("caching", "infra_ref.caching.memory_cache:MemoryCache", "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    numbers = [rule["number"] for report in said["reports"] for rule in report["rules"]]
    assert len(numbers) == len(set(numbers)) > 20
    assert said["reports"][0]["contract"] == "CacheContract"
    others = {one["port"]: one["missing"] for one in said["not_applicable"]}
    assert others["LoadingCache"] == ["get_or_load", "refresh"]


def test_a_port_by_its_name_holds_to_its_contract_even_what_has_no_method_of_it(
    check: Callable[..., Any],
) -> None:
    done = check("Cache", "shop.stock:Empty", "--only", "CACHE-01", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["holds"], said["not_applicable"]) == (1, False, [])
    assert "AttributeError" in said["reports"][0]["rules"][0]["seen"]


def test_a_contract_that_promises_more_than_its_port_is_for_who_names_it(
    check: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "shop" / "cached.py").write_text(
        "from infra_ref.caching.memory_cache import MemoryCache\n"
        "from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache\n"
        "def single_flight(clock):\n    return SingleFlightCache(MemoryCache(clock=clock))\n"
    )
    done = check("caching", "shop.cached:single_flight")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "LoadingCacheContract · single_flight: " in done.stdout
    assert (
        "StaleCacheContract promises more than LoadingCache: name it in place of the pattern" in done.stdout
    )
    done = check("StaleCacheContract", "shop.cached:single_flight", "--only", "STALE-01")
    assert done.returncode == 1, done.stdout
    assert "✗ STALE-01" in done.stdout


def test_core_leaves_out_the_corners_and_what_is_declined_is_exempt(
    check: Callable[..., Any], shop: None
) -> None:
    shelf = Path("shop/shelf.py")
    shelf.write_text(
        "from infra_ref.contract import Contract, rule\n"
        "class ShelfContract(Contract):\n"
        "    @rule('SHELF-01', 'it holds a pear')\n"
        "    async def pear(self, shelf): assert 'pear' in shelf\n"
        "    @rule('SHELF-02', 'it holds a plum')\n"
        "    async def plum(self, shelf): assert 'plum' in shelf\n"
        "    @rule('SHELF-03', 'it holds nothing in the dark', full=True)\n"
        "    async def dark(self, shelf): assert not shelf\n"
        "class Shelf(list):\n"
        "    lacks = {'SHELF-02': 'no plums this year'}\n"
        "    def __init__(self): super().__init__(['pear'])\n"
        "class Untrue(Shelf):\n"
        "    lacks = {'SHELF-01': 'no pears'}\n"
    )
    full = check("shop.shelf:ShelfContract", "shop.shelf:Shelf")
    assert full.returncode == 1
    assert "– SHELF-02  it holds a plum\n      exempt: no plums this year\n" in full.stdout
    assert full.stdout.rstrip().endswith("Shelf: core 1 of 2, full 1 of 3; 1 broken, 1 exempt")
    core = check("shop.shelf:ShelfContract", "shop.shelf:Shelf", "--core")
    assert (core.returncode, core.stdout.rstrip().rpartition(": ")[2]) == (0, "core 1 of 2; 1 exempt")
    untrue = check("shop.shelf:ShelfContract", "shop.shelf:Untrue", "--only", "SHELF-01")
    assert untrue.returncode == 1
    assert "it holds, though declined (no pears): take it out of `lacks`" in untrue.stdout


def test_a_factory_that_blocks_is_named(check: Callable[..., Any], shop: None) -> None:
    Path("shop/slow.py").write_text(
        "import time\n"
        "from infra_ref.contract import Contract, rule\n"
        "class SlowContract(Contract):\n"
        "    seconds_blocked = 0.4\n"
        "    @rule('SLOW-01', 'it is')\n"
        "    async def there(self, it): ...\n"
        "def make(): time.sleep(5)\n"
    )
    done = check("shop.slow:SlowContract", "shop.slow:make")
    assert done.returncode == 1
    assert "blocked the event loop for 0.4 s, as time.sleep does: await instead" in done.stdout
