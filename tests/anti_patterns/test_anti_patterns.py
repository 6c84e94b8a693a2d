"""Each anti-pattern does its damage, its twin does less, and the linter finds the one and not the other."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

from infra_ref import anti_patterns
from infra_ref.contract import run
from infra_ref.workbench.linting.finding import catalogue
from infra_ref.workbench.linting.other_tools import of_ruff
from infra_ref.workbench.linting.project import Project, lint_source
from infra_ref.workbench.linting.rules import ALL

FOLDER = Path(anti_patterns.__file__).parent
MODULES = [
    importlib.import_module(f"{anti_patterns.__name__}.{path.stem}")
    for path in sorted(FOLDER.glob("*.py"))
    if path.stem != "__init__"
]
DAMAGE = {
    "blocking_call": (20, 0),
    "business_logic_in_adapter": (5, 0),
    "cache_without_ttl": (24, 1),
    "cancellation_eaten": (5, 0),
    "client_at_import": (3, 0),
    "client_per_call": (10, 1),
    "dual_write": (3, 0),
    "environment_in_adapter": (2, 0),
    "leaked_database_type": (3, 0),
    "n_plus_one": (31, 2),
    "no_timeout": (20, 0),
    "pickle_from_outside": (3, 0),
    "port_mirrors_vendor": (4, 0),
    "publish_before_commit": (5, 0),
    "retry_without_key": (4, 0),
    "secrets_in_logs": (2, 0),
    "session_shared_by_tasks": (10, 0),
    "swallowed_exception": (5, 0),
    "vendor_type_in_port": (2, 0),
}
RULES = {rule.told.name: rule for rule in ALL}


def slug(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


@pytest.mark.parametrize("module", MODULES, ids=slug)
def test_the_damage_is_as_measured(module: ModuleType) -> None:
    async def measured() -> tuple[int, int]:
        return await module.measure(module.bad), await module.measure(module.repaired)

    assert run(measured()) == DAMAGE[slug(module)]


@pytest.mark.parametrize("module", [one for one in MODULES if slug(one) in RULES], ids=slug)
def test_the_linter_finds_the_bad_code_and_nothing_else(module: ModuleType) -> None:
    source = inspect.getsource(module)
    if slug(module) == "vendor_type_in_port":  # there it is a text, so that it need not run
        bad = module.BAD_PORT.replace("vendor_of_mail", "sendgrid")
        assert [one.code for one in lint_source(bad, rules=ALL)] == ["IR006"]
        assert lint_source(module.PORT, rules=ALL) == []
        return
    found = lint_source(source, rules=ALL)
    assert [one.code for one in found] == [RULES[slug(module)].code]
    assert "repaired" not in _around(source, found[0].line)


BY_RUFF = ["blocking_call", "pickle_from_outside", "swallowed_exception"]


@pytest.mark.parametrize("name", BY_RUFF)
def test_ruff_finds_the_bad_code_and_nothing_else(name: str, tmp_path: Path) -> None:
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    file = tmp_path / "shop.py"
    file.write_text(re.sub(r"  # noqa: \w+", "", source), encoding="utf-8")
    project = Project(tmp_path)
    project.take([file])
    found = of_ruff([file], project)
    assert {one.code for one in found} & set(catalogue()[name].ruff)
    bad = importlib.import_module(f"{anti_patterns.__name__}.{name}").bad
    assert {_around(source, one.line) for one in found} == {bad.__name__}


def _around(source: str, line: int) -> str:
    """Return the name of the function or class at the top of a file that a line is in."""
    for node in ast.parse(source).body:
        named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if named and node.lineno <= line <= (node.end_lineno or line):
            return node.name
    return ""


def test_every_rule_of_ours_has_its_damage() -> None:
    assert set(RULES) <= {slug(one) for one in MODULES}
    assert set(DAMAGE) == {slug(one) for one in MODULES}


@pytest.mark.parametrize("module", MODULES, ids=slug)
def test_it_says_what_is_counted(module: ModuleType) -> None:
    assert module.UNIT
    assert len(inspect.getsource(module).splitlines()) <= 90
