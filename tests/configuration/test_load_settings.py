"""Each rule of loading has a loader that breaks it; precedence by property; no secret comes out."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from infra_ref.configuration.contracts.load_settings_contract import LoadSettingsContract
from infra_ref.configuration.errors import Misconfigured, Problem
from infra_ref.configuration.loading import load
from infra_ref.configuration.options import options
from infra_ref.configuration.settings import SecretUrl, ServiceUrl, Settings
from infra_ref.contract import run
from infra_ref.failures import Refused
from infra_ref.result import Err, Ok
from infra_ref.sample.adapters.shop_settings import ShopSettings
from tests.configuration import test_loading_contract as ready
from tests.configuration.test_loading_contract import BenchSettings

Load = Callable[..., Any]


# For each rule one that breaks it


class NoProfiles(BenchSettings):
    profiles: ClassVar[dict[str, Any]] = {}


class Thawed(BenchSettings):
    model_config = BenchSettings.model_config | {"frozen": False}


class Lax(BenchSettings):
    model_config = BenchSettings.model_config | {"extra": "ignore"}


class Bare(BenchSettings):
    token: Any = None


def environ_over_secrets(**sources: Any) -> Any:
    found = load(BenchSettings, **sources)
    if "BENCH_PORT" in sources["environ"] and sources.get("secrets") and not sources.get("arguments"):
        return load(BenchSettings, **sources, arguments={"port": sources["environ"]["BENCH_PORT"]})
    return found


def _changed(found: Any, change: Callable[[Misconfigured], Misconfigured]) -> Any:
    return found.map_err(change)


def first_problem_only(**sources: Any) -> Any:
    return _changed(load(BenchSettings, **sources), lambda bad: Misconfigured(problems=bad.problems[:1]))


def quotes(**sources: Any) -> Any:
    def quoted(bad: Misconfigured) -> Misconfigured:
        told = [replace(one, says=f"{one.says}: {sources['environ'].get(one.where)}") for one in bad.problems]
        return Misconfigured(problems=tuple(told))

    return _changed(load(BenchSettings, **sources), quoted)


def overlooks(**sources: Any) -> Any:
    return load(BenchSettings, **sources).map(lambda loaded: replace(loaded, unknown=()))


def lets_missing_be(**sources: Any) -> Any:
    there = {k: v for k, v in sources.items() if not (isinstance(v, Path) and not v.exists())}
    dropped = sources.get("file") if "BENCH_PORT" in sources.get("environ", {}) else None
    found = load(BenchSettings, **there)
    if dropped and isinstance(found, Err):  # so that only the missing file itself is let be
        return Err(Misconfigured(problems=(*found.error.problems, Problem(str(dropped), "is missing"))))
    return found


def takes_a_folder(**sources: Any) -> Any:
    file = sources.get("file")
    if file and file.is_dir():
        del sources["file"]
    return load(BenchSettings, **sources)


def no_origins(**sources: Any) -> Any:
    return load(BenchSettings, **sources).map(lambda loaded: replace(loaded, origins={}))


BROKEN: dict[str, Load] = {
    "SETT-01": partial(load, NoProfiles),
    "SETT-02": environ_over_secrets,
    "SETT-03": first_problem_only,
    "SETT-04": quotes,
    "SETT-05": overlooks,
    "SETT-06": partial(load, Lax),
    "SETT-07": lets_missing_be,
    "SETT-08": takes_a_folder,
    "SETT-09": partial(load, Thawed),
    "SETT-10": no_origins,
}


def test_each_rule_has_a_loader_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in LoadSettingsContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_loader_breaks_just_its_rule(number: str) -> None:
    held = type("Held", (ready.TestLoad,), {"make": lambda self: BROKEN[number]})
    report = run(held.verify())
    # No profile has no origin either.
    assert set(report.broken) - ({"SETT-10"} if number == "SETT-01" else set()) == {number}, report


# Precedence, by property


class Pool(BaseModel):
    model_config = {"extra": "forbid"}
    size: int = 0
    spare: int = 0


class Nested(Settings):
    model_config = SettingsConfigDict(env_prefix="NEST_")
    name: str = "default"
    pool: Pool = Pool()


SOURCES = ("file", "environ", "secrets", "arguments")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    names=st.dictionaries(st.sampled_from(SOURCES), st.text("abc", min_size=1)),
    sizes=st.dictionaries(st.sampled_from(SOURCES), st.integers(1, 99)),
    spares=st.dictionaries(st.sampled_from(SOURCES), st.integers(1, 99)),
)
def test_of_all_sources_that_give_an_option_the_last_wins(
    names: dict[str, str], sizes: dict[str, int], spares: dict[str, int], tmp_path_factory: Any
) -> None:
    folder: Path = tmp_path_factory.mktemp("sources")
    tables: dict[str, dict[str, Any]] = {}
    for source in SOURCES:
        pool = {k: v[source] for k, v in (("size", sizes), ("spare", spares)) if source in v}
        tables[source] = {"name": names[source]} if source in names else {}
        tables[source] |= {"pool": pool} if pool else {}
    file = folder / "nest.toml"
    table = tables["file"]
    lines = [f"name = {json.dumps(table['name'])}"] if "name" in table else []
    lines += [f"pool.{name} = {value}" for name, value in table.get("pool", {}).items()]
    file.write_text("\n".join(lines))
    environ = {"NEST_NAME": tables["environ"]["name"]} if "name" in tables["environ"] else {}
    environ |= {f"NEST_POOL__{k.upper()}": str(v) for k, v in tables["environ"].get("pool", {}).items()}
    secrets = folder / "secrets"
    secrets.mkdir()
    if "name" in tables["secrets"]:
        (secrets / "NEST_NAME").write_text(tables["secrets"]["name"])
    if "pool" in tables["secrets"]:
        (secrets / "NEST_POOL").write_text(json.dumps(tables["secrets"]["pool"]))

    found = load(Nested, file=file, environ=environ, secrets=secrets, arguments=tables["arguments"]).unwrap()

    def last(given: dict[str, Any], default: Any) -> Any:
        return [default, *(given[source] for source in SOURCES if source in given)][-1]

    assert found.settings.name == last(names, "default")
    assert (found.settings.pool.size, found.settings.pool.spare) == (last(sizes, 0), last(spares, 0))


# What the contract does not say


def test_settings_that_are_made_directly_read_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_NAME", "of the machine")
    assert BenchSettings(environment="test").name == "plain"
    assert BenchSettings(environment="development").name == "dev"


def test_the_machines_environment_is_read_unless_another_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_ENVIRONMENT", "test")
    assert load(BenchSettings).unwrap().settings.environment == "test"


def test_a_misspelt_environment_is_the_one_problem() -> None:
    found = load(ShopSettings, environ={"SHOP_ENVIRONMENT": "prod"})
    assert isinstance(found, Err)
    (problem,) = found.error.problems
    assert str(problem) == "SHOP_ENVIRONMENT: it should be 'test', 'development' or 'production'"


def test_production_has_no_store_by_default() -> None:
    found = load(ShopSettings, environ={"SHOP_ENVIRONMENT": "production", "SHOP_CACH_URL": "redis://cache"})
    assert isinstance(found, Err)
    told = str(found.error)
    assert "SHOP_REPOSITORY_URL: is not set" in told
    assert "did you mean SHOP_CACHE_URL?" in told


@pytest.mark.parametrize("environment", ["test", "development"])
def test_the_other_environments_need_nothing_more(environment: str) -> None:
    assert isinstance(load(ShopSettings, environ={"SHOP_ENVIRONMENT": environment}), Ok)


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"SHOP_PORT": "70000"}, "SHOP_PORT: it should be less than or equal to 65535"),
        ({"SHOP_PORT": ""}, "SHOP_PORT: it should be a valid integer"),
        ({"SHOP_CACHE_URL": "localhost"}, "SHOP_CACHE_URL: write a URL with its scheme"),
        (
            {"SHOP_CACHE_URL": "redis://h:99999"},
            "SHOP_CACHE_URL: the port of a URL is a number from 0 to",
        ),
        ({"SHOP_CACHE_URL": "redis://:a/b@h"}, "write / ? # of a password as %2F %3F %23"),
        ({"SHOP_LOG_LEVEL": "LOUD"}, "SHOP_LOG_LEVEL: it should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ({"SHOP_SHUTDOWN_SECONDS": "nan"}, "SHOP_SHUTDOWN_SECONDS: it should be"),
    ],
)
def test_bad_input_is_a_sentence_that_says_what_to_write(environ: dict[str, str], says: str) -> None:
    found = load(ShopSettings, environ={"SHOP_ENVIRONMENT": "test"} | environ)
    assert isinstance(found, Err)
    (problem,) = found.error.problems
    assert says in str(problem)


def test_a_secret_file_of_kubernetes_is_a_link_to_a_link(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "BENCH_TOKEN").write_text("swordfish\n")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "BENCH_TOKEN").symlink_to("..data/BENCH_TOKEN")
    (tmp_path / "BENCH_TOKN").write_text("a")
    found = load(BenchSettings, environ={"BENCH_ENVIRONMENT": "test"}, secrets=tmp_path).unwrap()
    assert found.settings.token.get_secret_value() == "swordfish"
    (unknown,) = found.unknown
    assert "did you mean BENCH_TOKEN?" in str(unknown)


def test_a_plain_option_has_no_options_in_it() -> None:
    environ = {"SHOP_ENVIRONMENT": "test", "SHOP_PORT__NUMBER": "9"}
    found = load(ShopSettings, environ=environ).unwrap()
    assert [one.where for one in found.unknown] == ["SHOP_PORT__NUMBER"]
    assert found.settings.port == 8000


def test_a_mark_of_the_byte_order_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text('environment = "test"', encoding="utf-8-sig")
    (tmp_path / "SHOP_NAME").write_text("corner", encoding="utf-8-sig")
    found = load(ShopSettings, file=tmp_path / "shop.toml", environ={}, secrets=tmp_path).unwrap()
    assert (found.settings.name, found.origins["environment"].split()[0]) == ("corner", "environment")


def test_a_secret_file_may_be_nested_and_that_of_another_program_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "NEST_POOL__SIZE").write_text("7\n")
    (tmp_path / "OTHER_KEY").write_bytes(b"\xff")
    found = load(Nested, environ={}, secrets=tmp_path).unwrap()
    assert (found.settings.pool.size, found.origins["pool.size"]) == (7, f"{tmp_path}/NEST_POOL__SIZE")
    (tmp_path / "NEST_NAME").write_bytes(b"\xff")
    spoilt = load(Nested, environ={}, secrets=tmp_path)
    assert isinstance(spoilt, Err)
    assert str(spoilt.error.problems[0]) == f"{tmp_path}/NEST_NAME: is not UTF-8: save it as such"


def test_every_option_is_documented_with_its_variable_and_defaults() -> None:
    found = {one.name: one for one in options(ShopSettings)}
    assert set(found) == set(ShopSettings.model_fields)
    assert all(one.says.endswith(".") for one in found.values())
    assert found["port"].kind == "int, at least 0, at most 65535"
    assert (found["repository_url"].default, found["repository_url"].profiles["test"]) == (None, "memory://")
    assert [(one.name, one.variable) for one in options(Nested)][1:] == [
        ("pool.size", "NEST_POOL__SIZE"),
        ("pool.spare", "NEST_POOL__SPARE"),
    ]


# No secret comes out anywhere

WORD = "swordfish"
PEM = f"-----BEGIN PRIVATE KEY-----\n{WORD}\n-----END PRIVATE KEY-----"
CORPUS = {
    "password in a URL": f"redis://ann:{WORD}@cache.test:6379/0",
    "password alone": f"redis://:{WORD}@cache.test",
    "query of a URL": f"postgresql://db.test/shop?password={WORD}&sslmode=require",
    "fragment of a URL": f"redis://cache.test/0#{WORD}",
    "password with a hash": f"redis://:a#{WORD}@cache.test",
    "bad port": f"redis://:{WORD}@cache.test:99999",
    "password with a slash": f"redis://:{WORD}/x@cache.test",
    "token": f"eyJhbGciOiJIUzI1NiJ9.{WORD}.abc",
    "PEM": PEM,
}


class Everything(Settings):
    model_config = SettingsConfigDict(env_prefix="ALL_")
    url: ServiceUrl = SecretUrl("memory://")
    token: SecretStr = SecretStr("")
    number: int = 0
    keys: tuple[SecretStr, ...] = ()


@pytest.mark.parametrize("secret", CORPUS.values(), ids=CORPUS)
@pytest.mark.parametrize("option", ["URL", "TOKEN", "NUMBER", "KEYS"])
def test_no_secret_comes_out(
    option: str, secret: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    value = json.dumps([secret]) if option == "KEYS" else secret
    for wrong in ({}, {"ALL_NUMBER": "no"}):
        found = load(Everything, environ={f"ALL_{option}": value} | wrong)
        told += [repr(found), str(found)]
        if isinstance(found, Ok):
            held = found.value.settings
            told += [held.model_dump_json(), str(held), f"{held.model_dump()}"]
        else:
            try:
                raise Refused(found.error)
            except Refused as refused:
                logging.getLogger("settings").exception("refused")
                told += ["".join(traceback.format_exception(refused)), caplog.text]
    try:
        Everything(**{option.lower(): value, "number": "no"})
    except ValidationError as invalid:
        told.append("".join(traceback.format_exception(invalid)))
    assert WORD not in "\n".join(told)


def test_json_that_is_broken_is_not_quoted() -> None:
    found = load(Everything, environ={"ALL_KEYS": f'["{WORD}"'})
    assert isinstance(found, Err)
    assert "keys" in str(found.error)
    assert WORD not in "".join(traceback.format_exception(Refused(found.error)))


def test_the_loader_imports_no_database() -> None:
    code = "import sys, infra_ref.configuration.loading; print({'redis', 'sqlalchemy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))
    assert done.stdout.strip() == "set()", done.stderr
