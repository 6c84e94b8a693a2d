"""The pages are made from what stands, and say nothing that does not."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import json
import re
from collections import Counter
from pathlib import Path

import benchmark_page
import contract_page
import measured
import pytest
import rules
import the_map
import way_in
from bs4 import BeautifulSoup
from tree import ROOT, TREE, commands, contracted, needs, patterns
from verdicts import of_servers

PAGES = ROOT / "site-src" / "pages"


def test_the_map_names_what_stands() -> None:
    assert list(the_map.complaints()) == []


WRONG = [
    ({"line": "a", "at": ["infra_ref/caching/no_cache.py"]}, "there is no infra_ref/caching/no_cache.py"),
    ({"line": "a", "at": ["infra_ref/result.py"], "rules": ["CACHE-99"]}, "no contract has a rule CACHE-99"),
    ({"line": "a", "at": ["infra_ref/result.py"], "notebook": "99_x"}, "there is no notebooks/99_x.ipynb"),
    (
        {"interface": "IA", "is": "infra_ref.caching.port.Nothing"},
        "there is no infra_ref.caching.port.Nothing",
    ),
    ({"interface": "IA", "is": "infra_ref.caching.port.Cache", "methods": ["fly"]}, "Cache has no fly"),
    ({"line": "a"}, "names nothing that stands for it"),
    ({"line": "a", "missing": "b", "rulse": []}, "knows no rulse"),
]


@pytest.mark.parametrize(("entry", "said"), WRONG, ids=[said for _, said in WRONG])
def test_the_map_is_told_when_it_is_wrong(entry: dict[str, object], said: str) -> None:
    (complaint,) = the_map._wrong(entry)
    assert said in complaint


TEXT = next(
    (one for above in ROOT.parents if (one := above / "shared/infrastructure-layer.md").is_file()), None
)
NAMED = re.compile(r"\b(?:I[A-Z][a-z]\w+|HttpMethod|UserMapper|UserDto)\b")


@pytest.mark.skipif(TEXT is None, reason="the text that the map follows is not beside the repository")
def test_the_map_has_every_heading_line_and_name_of_the_text() -> None:
    assert TEXT is not None
    text = TEXT.read_text(encoding="utf-8")
    known = {part.heading: len(part.entries) for part in the_map.parts()}
    known |= {one["line"]: 0 for one in the_map.entries() if "line" in one}
    lost = []
    for head, body in re.findall(r"^##+ (.+)\n((?:(?!##).*\n?)*)", text, re.M):
        heading = re.sub(r"^[\W\d]+|\*", "", head)
        lines = len(re.findall(r"^- ", body, re.M))
        if heading not in known or (known[heading] < lines and heading != "Further Reading"):
            lost.append(heading)
    assert lost == []
    assert set(NAMED.findall(text)) - set(NAMED.findall(the_map.MAP.read_text(encoding="utf-8"))) == set()


def test_a_run_of_rules_is_each_of_them() -> None:
    assert the_map.spread(["LOAD-08..LOAD-10", "HTTP-01"]) == ["LOAD-08", "LOAD-09", "LOAD-10", "HTTP-01"]
    assert the_map.spread(["REG-*", "NONE-*"]) == [*(f"REG-0{n}" for n in range(1, 8)), "NONE-*"]


def test_the_text_has_its_own_words_for_methods() -> None:
    assert the_map.spelled("get_by_id") == ("get_by_id", "getById")
    assert the_map.spelled({"attempts": "retries"}) == ("attempts", "retries")


def test_every_pattern_has_a_port_a_contract_and_something_that_keeps_it() -> None:
    for pattern in patterns():
        assert pattern.ports, pattern.name
        assert pattern.contracts, pattern.name
        assert pattern.others, pattern.name


def test_a_file_says_what_it_needs() -> None:
    memory = TREE.modules["infra_ref.caching.memory_cache"]
    assert needs(TREE.modules["infra_ref.caching.redis_cache"]) == ["redis>=7"]
    assert needs(memory) == []
    assert "infra_ref.caching.leasing_port" in TREE.imports_here(memory)


def test_the_home_page_shows_what_its_code_prints() -> None:
    text = (PAGES / "index.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^``` \{ \.python \.try \}\n(.*?)^```", text, re.M | re.S)
    (shown,) = re.findall(r'^```text title="prints"\n(.*?)^```', text, re.M | re.S)
    printed = io.StringIO()
    compiled = compile(ast.parse(code), "index.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    with contextlib.redirect_stdout(printed):
        running = eval(compiled, {"__name__": "__main__"})
        assert inspect.iscoroutine(running)
        asyncio.run(running)
    assert printed.getvalue() == shown


@pytest.mark.parametrize(
    "path", [*sorted(PAGES.rglob("*.md")), way_in.SKILL], ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_every_command_that_a_page_names_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"(?<!install )infra-ref ([a-z]+)", text)
    assert set(named) <= commands()
    targets = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.M)) <= set(targets)


def test_the_address_of_the_repository_may_be_empty() -> None:
    assert "git clone https://example.com/a infra_ref && cd infra_ref && make lab" in way_in.get_it(
        "https://example.com/a"
    )
    assert "git" not in way_in.get_it("")
    assert "git" not in way_in.get_it(None)


def test_the_registry_names_files_and_items_that_are_there() -> None:
    items = {one["name"]: one for one in way_in.registry("")["items"]}
    redis = items["caching/redis_cache"]
    assert redis["dependencies"] == ["redis>=7"]
    assert "caching/json_codec" in redis["registryDependencies"]
    for one in items.values():
        assert set(one["registryDependencies"]) <= items.keys()
        assert all((ROOT / file["path"]).is_file() for file in one["files"])


def test_what_became_of_rules_on_real_servers_is_of_rules_and_adapters_that_are_there() -> None:
    stored = of_servers()
    assert {"Valkey", "Redis", "PostgreSQL", "NATS"} <= stored["versions"].keys()
    for pattern, subjects in stored["patterns"].items():
        for one in subjects:
            assert one["module"] in TREE.modules or not one["module"].startswith("infra_ref."), one["name"]
        assert list(contract_page.broken(subjects)) == [], pattern


@pytest.mark.parametrize(
    ("uses", "rule"),
    [("infra_ref.caching.port.Cache", "CACHE-09"), ("infra_ref.gateway.port.HttpClient", "HTTP-01")],
)
def test_a_port_knows_its_rules_and_the_adapters_that_keep_it(uses: str, rule: str) -> None:
    promise = rules.promises()[uses]
    assert rule in {one.number for one in promise.rules}
    assert promise.adapters
    assert all(f"{module.name}.{name}" in rules.kept() for name, module in promise.adapters)


def test_a_rules_check_is_read_with_what_it_uses() -> None:
    one = rules.written("caching")["CACHE-09"]
    assert {"set", "get"} <= one.uses
    assert one.source.startswith("async def expires")
    assert not one.full


ALONE = {"ours": 2.5e6, "theirs": None, "measured": 2.5e6, "noise": 1e4}


def test_the_benchmarks_are_shown_as_they_were_written(tmp_path: Path) -> None:
    assert benchmark_page.NONE in benchmark_page.page(tmp_path)
    figure = {"ours": 0.00012, "theirs": 0.0001, "noise": 0.03, "measured": 1.2}
    figures = [
        {"operation": "get", "rival": "raw client", "at_most": 1.1, "missed": True, **figure},
        {"operation": "get", "rival": "aiocache", "at_most": None, "missed": False, **figure},
        {"operation": "stream", "rival": None, "at_most": 3e6, "missed": False, "unit": "B", **ALONE},
    ]
    machine = {
        "date": "2026-11-22",
        "processor": "a CPU",
        "cores": 2,
        "system": "Linux",
        "python": "CPython 3.11",
    }
    content = {"pattern": "caching", "figures": figures, "machine": machine | {"versions": {"redis": "8.1"}}}
    (tmp_path / "caching.json").write_text(json.dumps(content), encoding="utf-8")
    text = benchmark_page.page(tmp_path)
    assert "## Caching" in text
    text = text.replace("&nbsp;", " ")
    assert "| get | 120 µs | raw client | 100 µs | 1.20 ± 0.03 | ≤ 1.10 **missed** |" in text
    assert "|  | 120 µs | aiocache | 100 µs | 1.20 ± 0.03 |  |" in text
    assert "| stream | 2.5 MB ± 10 kB |  |  |  | ≤ 3 MB |" in text
    assert "2 cores (a CPU), Linux; redis 8.1." in text
    assert text.count("<svg") == 1


def test_a_text_says_no_figure_by_heart(tmp_path: Path) -> None:
    figures = [
        {"operation": "get", "rival": "raw client", "measured": 1.234},
        {"operation": "get", "rival": None, "ours": 0.0012},
    ]
    (tmp_path / "caching.json").write_text(json.dumps({"figures": figures}), encoding="utf-8")
    text = (
        "<!-- measured caching | get | raw client --> and <!-- measured caching | get -->,\n"
        "<!-- measured caching | put | raw client --> <!-- measured others | get -->"
    )
    filled, lost = measured.filled(text, "b.md", tmp_path)
    assert filled.startswith("[1.2&nbsp;×](b.md#caching) and [1.2&nbsp;ms](b.md#caching),\n(not measured)")
    assert lost == ["caching | put | raw client", "others | get"]


@pytest.mark.parametrize("path", sorted(PAGES.rglob("*.md")), ids=lambda path: str(path.relative_to(PAGES)))
def test_every_figure_that_a_page_asks_for_was_measured(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert measured.filled(text, "b.md")[1] == []
    assert text.count("<!-- measured") == len(measured.ASKED.findall(text))


def test_the_picture_names_what_stands() -> None:
    picture = (ROOT / "site-src" / "pictures" / "layer.svg").read_text(encoding="utf-8")
    picture = re.sub(r'<g class="planned">.*?</g>', "", picture, flags=re.S)
    named = set(re.findall(r'class="(?:name|fake)"[^>]*>([A-Z]\w+)<', picture))
    there = {name for pattern in patterns() for source in pattern.modules for name in source.public}
    assert named - there == set()
    assert "RedisCache" in named


def test_a_contract_page_shows_each_check_once(site: Path) -> None:
    for one in contracted().values():
        html = (site / f"reference/{one.name}/contract/index.html").read_text(encoding="utf-8")
        code = "\n".join(block.get_text() for block in BeautifulSoup(html, "html.parser").select("pre code"))
        method = re.compile(r"async def (\w+)\(\s*self")
        checks = Counter(method.findall("\n".join(rule.source for rule in rules.written(one.name).values())))
        shown = Counter(method.findall(code))
        assert {name: shown[name] for name in checks} == checks


def test_what_is_around_the_checks_is_python_and_names_their_rules() -> None:
    for one in contracted().values():
        for module in one.contracts:
            shown = rules.around(module)
            compile(shown.replace("# see above", "...  # see above"), module.name, "exec", dont_inherit=True)
            assert "@rule(" not in shown
