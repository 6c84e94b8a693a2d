"""Imports are led home by the syntax tree, and nothing else is touched."""

from __future__ import annotations

import ast

import pytest

from infra_ref.workbench.copying.collection import own
from infra_ref.workbench.copying.formatting import same_but_for_format
from infra_ref.workbench.copying.library import Library, Source
from infra_ref.workbench.copying.lock import Style
from infra_ref.workbench.copying.rewrite import Homes, Place, rewritten

HOMES = Homes({"infra_ref": "shop.infra"})


@pytest.mark.parametrize(
    ("old", "absolute", "relative"),
    [
        (
            "from infra_ref.clock import Clock",
            "from shop.infra.clock import Clock",
            "from ..clock import Clock",
        ),
        (
            "from infra_ref.caching.port import A",
            "from shop.infra.caching.port import A",
            "from .port import A",
        ),
        ("from infra_ref.caching import port", "from shop.infra.caching import port", "from . import port"),
        ("from infra_ref import clock", "from shop.infra import clock", "from .. import clock"),
        (
            "from infra_ref.a.b import c as d  # why",
            "from shop.infra.a.b import c as d  # why",
            "from ..a.b import c as d  # why",
        ),
        ("import infra_ref.clock as c", "from shop.infra import clock as c", "from .. import clock as c"),
        ("import infra_ref.clock as clock", "from shop.infra import clock", "from .. import clock"),
        (
            "import infra_ref.a.b\nx = infra_ref.a.b.C(infra_ref.clock)",
            "import shop.infra.a.b\nx = shop.infra.a.b.C(shop.infra.clock)",
            "import shop.infra.a.b\nx = shop.infra.a.b.C(shop.infra.clock)",
        ),
        (
            "import os, infra_ref.a",
            "import os, shop.infra.a",
            "import os, shop.infra.a",
        ),
        (
            "def f():\n    from infra_ref.clock import Clock",
            "def f():\n    from shop.infra.clock import Clock",
            "def f():\n    from ..clock import Clock",
        ),
        (
            "if TYPE_CHECKING:\n    from infra_ref.clock import Clock",
            "if TYPE_CHECKING:\n    from shop.infra.clock import Clock",
            "if TYPE_CHECKING:\n    from ..clock import Clock",
        ),
        (
            "from infra_reference.a import b",
            "from infra_reference.a import b",
            "from infra_reference.a import b",
        ),
        ("from .port import A", "from .port import A", "from .port import A"),
        ("x = 'infra_ref/test'", "x = 'infra_ref/test'", "x = 'infra_ref/test'"),
        ("x = other.infra_ref.a", "x = other.infra_ref.a", "x = other.infra_ref.a"),
        (
            '"""See infra_ref.caching.port.\n\n>>> from infra_ref.clock import Clock\n"""',
            '"""See shop.infra.caching.port.\n\n>>> from shop.infra.clock import Clock\n"""',
            '"""See shop.infra.caching.port.\n\n>>> from shop.infra.clock import Clock\n"""',
        ),
        (
            "x = 1  # as infra_ref.clock does",
            "x = 1  # as shop.infra.clock does",
            "x = 1  # as shop.infra.clock does",
        ),
        (
            "import os\n\nfrom infra_ref.caching.port import A\nfrom infra_ref.clock import B",
            "import os\n\nfrom shop.infra.caching.port import A\nfrom shop.infra.clock import B",
            "import os\n\nfrom ..clock import B\nfrom .port import A",
        ),
    ],
)
def test_each_form_of_import(old: str, absolute: str, relative: str) -> None:
    module = "shop.infra.caching.redis_cache"
    assert rewritten(f"{old}\n", HOMES, Place(module, "absolute")) == f"{absolute}\n"
    assert rewritten(f"{old}\n", HOMES, Place(module, "relative")) == f"{relative}\n"


def test_a_package_file_is_in_its_own_package() -> None:
    text = "from infra_ref.contract.rule import rule\n"
    place = Place("shop.infra.contract", "relative", is_package=True)
    assert rewritten(text, HOMES, place) == "from .rule import rule\n"


def test_at_the_top_of_the_path_there_is_no_package() -> None:
    top = Homes({"infra_ref": ""})
    assert rewritten("from infra_ref.a.b import c\n", top, Place("x", "relative")) == "from a.b import c\n"
    assert rewritten("from infra_ref import a\n", top, Place("x")) == "import a\n"


TESTS = Homes(
    {"infra_ref": "shop.infra"},
    {
        "infra_ref.contract": "contract",
        "infra_ref.contract.rule": "contract.rule",
        "infra_ref.caching.contracts.cache_contract": "caching.contracts.cache_contract",
        "infra_ref.caching.contracts.x": "caching.contracts.x",
        "infra_ref.clock": "clock",
    },
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from infra_ref.caching.port import A", "from shop.infra.caching.port import A"),
        ("from infra_ref.clock import FakeClock", "from ..clock import FakeClock"),
        ("from infra_ref.contract import Contract", "from ..contract import Contract"),
        ("from infra_ref.contract.rule import rule", "from ..contract.rule import rule"),
        ("import infra_ref.clock as clock", "from .. import clock"),
        (
            "from infra_ref.caching.contracts.cache_contract import C",
            "from .contracts.cache_contract import C",
        ),
        ("from infra_ref.caching.contracts import cache_contract", "from .contracts import cache_contract"),
        ("from infra_ref import clock", "from .. import clock"),
        ("x = 1  # see infra_ref.contract.rule", "x = 1  # see contract.rule"),
        (
            "from infra_ref.caching.contracts.x import C\nfrom infra_ref.caching.port import A",
            "from shop.infra.caching.port import A\n\nfrom .contracts.x import C",
        ),
    ],
)
def test_among_the_tests_what_lies_there_is_imported_relatively(old: str, new: str) -> None:
    place = Place("caching.test_x", "relative", in_tests=True)
    assert rewritten(f"{old}\n", TESTS, place) == f"{new}\n"


def test_at_the_top_of_the_tests_one_dot_leads_to_a_neighbour() -> None:
    place = Place("test_x", in_tests=True)
    assert rewritten("from infra_ref.clock import A\n", TESTS, place) == "from .clock import A\n"


def test_an_import_that_became_too_long_is_broken() -> None:
    names = [f"name_{number}" for number in range(9)]
    home = Homes({"infra_ref": "a_rather.long.package_name.for_it"})
    text = rewritten(f"from infra_ref.a import {', '.join(names)}\n", home, Place("m"))
    broken = "".join(f"    {name},\n" for name in names)
    assert text == f"from a_rather.long.package_name.for_it.a import (\n{broken})\n"


def test_an_import_inside_a_function_has_less_room() -> None:
    home = Homes({"infra_ref": "a_rather.long.package_name.for_it"})
    lead = "        from a_rather.long.package_name.for_it.a import "
    fits = "a" * (88 - len(lead))
    inside = "def f():\n    if f:\n        from infra_ref.a import {}\n\n    return 1\n"
    text = rewritten(inside.format(fits), home, Place("m"))
    assert text == f"def f():\n    if f:\n{lead}{fits}\n\n    return 1\n"
    text = rewritten(inside.format(f"a{fits}"), home, Place("m"))
    broken = f"{lead}(\n            a{fits},\n        )\n"
    assert text == f"def f():\n    if f:\n{broken}\n    return 1\n"


def sources() -> list[Source]:
    library = Library(own())
    return [library.item(name) for name in library.items()]


def without_imports(text: str) -> list[str]:
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or 0) - node.lineno + 1)
    return [line for line in lines if line.strip()]


@pytest.mark.parametrize("style", ["absolute", "relative"])
def test_every_file_of_the_house_stays_as_it_is_but_for_its_imports(style: Style) -> None:
    for source in sources():
        one = source.module
        there = Place(one.name.replace("infra_ref", "shop.infra", 1), style, one.is_package)
        text = rewritten(one.text, HOMES, there)
        named = text.replace("shop.infra.", "infra_ref.")  # names in strings follow
        assert without_imports(named) == without_imports(one.text), source.item
        assert len(text.splitlines()) >= len(one.text.splitlines())
        if style == "absolute":
            back = rewritten(text, Homes({"shop.infra": "infra_ref"}), Place(one.name, style, one.is_package))
            assert same_but_for_format(back, one.text), source.item


def test_no_copy_names_the_house_as_a_module() -> None:
    for source in sources():
        text = rewritten(source.module.text, HOMES, Place(source.name.replace("infra_ref", "shop.infra")))
        assert "import infra_ref" not in text
        assert "from infra_ref" not in text
