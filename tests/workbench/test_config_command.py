"""`infra-ref config`, as a person runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

WORD = "swordfish"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [one for one in os.environ if one.startswith("SHOP_")]:
        monkeypatch.delenv(name)


def test_it_shows_each_option_with_where_it_comes_from(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop.toml").write_text("port = 9000")
    monkeypatch.setenv("SHOP_CACHE_URL", f"redis://:{WORD}@cache.test")
    done = command("config", "show", "--env", "development", "--file", "shop.toml")
    assert done.returncode == 0, done.stderr
    rows = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    assert ["port", "9000", "port in shop.toml"] in rows
    assert ["cache_url", "redis://***@cache.test", "SHOP_CACHE_URL"] in rows
    assert ["repository_url", "sqlite:///shop.db", "default of development"] in rows
    assert WORD not in done.stdout


def test_it_says_all_that_is_wrong_and_exits_with_1(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_CACHE_URL", f"redis://:{WORD}@cache.test:99999")
    monkeypatch.setenv("SHOP_PROT", "1")
    done = command("config", "check", "--env", "production", "--secrets", "nowhere")
    assert done.returncode == 1
    assert "nowhere: does not exist: create it" in done.stderr
    assert "SHOP_REPOSITORY_URL: is not set" in done.stderr
    assert "did you mean SHOP_PORT?" in done.stderr
    assert WORD not in done.stderr


def test_check_fails_for_a_variable_that_is_no_option(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command("config", "check", "--env", "test").stdout == "The settings are valid.\n"
    monkeypatch.setenv("SHOP_PROT", "1")
    assert command("config", "check", "--env", "test").returncode == 1


def test_check_fails_for_a_url_that_nothing_opens(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_CACHE_URL", "reddis://h")
    done = command("config", "check", "--env", "test")
    assert done.returncode == 1
    assert "cache_url: reddis:// is not known; did you mean redis://?" in done.stderr


def test_it_explains_every_option(command: Any) -> None:
    from infra_ref.sample.adapters.shop_settings import ShopSettings

    done = command("config", "explain")
    assert all(f"SHOP_{name.upper()} " in done.stdout for name in ShopSettings.model_fields)
    assert "memory:// in test" in done.stdout


def test_another_word_is_refused_in_a_sentence(command: Any) -> None:
    done = command("config", "shwo")
    assert done.returncode == 2
    assert "'show', 'explain', 'check'" in done.stderr
