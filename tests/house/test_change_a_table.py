"""The how-to on migrations is followed to the letter, on SQLite and on PostgreSQL.

Blocks with a title are written to that file, or patch it if they are a diff; Python without one runs;
of a console, each command runs and prints what the page shows, where `...` is any number of lines.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from tests.house.test_texts import BLOCK, ROOT, RUNNER
from tests.repository.databases import postgres_url

PAGE = ROOT / "site-src" / "pages" / "how-to" / "change-a-table.md"

TOOLS = {"alembic": "-m alembic", "infra-ref": "-m infra_ref.workbench.cli", "python": ""}

pytestmark = pytest.mark.timeout(180)


class Walk:
    """A reader in an empty folder, with the page in one hand."""

    def __init__(self, folder: Path, urls: dict[str, str]) -> None:
        self.folder = folder
        tools = folder.parent / "bin"
        tools.mkdir()
        for name, arguments in TOOLS.items():
            (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
            (tools / name).chmod(0o755)
        self.environ = os.environ | urls
        self.environ["PATH"] = f"{tools}{os.pathsep}{os.environ['PATH']}"
        self.environ["PYTHONPATH"] = f"{folder}{os.pathsep}{ROOT}"
        for name in {"PYTEST_ADDOPTS", "DATABASE_URL", "EMPTY_DATABASE_URL"} - set(urls):
            self.environ.pop(name, None)

    def follow(self, page: str) -> None:
        """Do what the page says, from top to bottom."""
        for found in BLOCK.finditer(page):
            language, code = found["says"].split()[0], found["code"]
            title = re.search(r'title="([^"]+)"', found["says"])
            if language == "console":
                self._session(code)
            elif title and language == "diff":
                patch(self.folder / title[1], code)
            elif title:
                path = self.folder / title[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(code, encoding="utf-8")
            else:
                assert language == "python", found["says"]
                blocks = [(page.count("\n", 0, found.start("code")), code)]
                self._run([sys.executable, "-W", "error", "-c", RUNNER, PAGE.name], json.dumps(blocks))

    def _session(self, session: str) -> None:
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.M):
            if export := re.fullmatch(r"export (\w+)=(\S+)", command):
                self.environ.setdefault(export[1], export[2])
            else:
                said = self._run(command)
                assert re.fullmatch(pattern(shown), said), f"$ {command}\n{said}"

    def _run(self, command: str | list[str], given: str | None = None) -> str:
        status, said = self.attempt(command, given)
        assert status == 0, f"$ {command}\n{said}"
        return said

    def attempt(self, command: str | list[str], given: str | None = None) -> tuple[int, str]:
        """Return a command's exit status and all that it said."""
        done = subprocess.run(
            command,
            shell=isinstance(command, str),
            cwd=self.folder,
            env=self.environ,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout


def pattern(shown: str) -> str:
    """Return what a command's output has to match."""
    lines = shown.splitlines(keepends=True)
    return "".join("(?:.*\n)*" if line == "...\n" else re.escape(line) for line in lines)


def patch(path: Path, diff: str) -> None:
    """Change the first place that looks like the diff."""
    before = "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] in " -")
    after = "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] in " +")
    content = path.read_text(encoding="utf-8")
    assert before in content, f"{path} has no\n{before}"
    path.write_text(content.replace(before, after, 1), encoding="utf-8")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def walked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Give the folder after the whole page was followed."""
    folder = tmp_path_factory.mktemp(request.param) / "project"
    folder.mkdir()
    with databases(request.param) as urls:
        walk = Walk(folder, urls)
        walk.follow(PAGE.read_text(encoding="utf-8"))
        yield walk


@contextmanager
def databases(kind: str) -> Iterator[dict[str, str]]:
    """Give the URLs of two empty schemas, or nothing for SQLite: the page says itself where its file is."""
    if kind == "sqlite":
        yield {}
        return
    names = {key: f"infra_ref_{secrets.token_hex(6)}" for key in ("DATABASE_URL", "EMPTY_DATABASE_URL")}
    url = make_url(postgres_url("psycopg"))
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as server:
        try:
            for name in names.values():
                server.execute(text(f"CREATE SCHEMA {name}"))
            yield {
                key: url.update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(False)
                for key, name in names.items()
            }
        finally:
            for name in names.values():
                server.execute(text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
    engine.dispose()


@pytest.fixture
def engine(walked: Walk) -> Iterator[Engine]:
    engine = create_engine(walked.environ["DATABASE_URL"].replace("///", f"///{walked.folder}/"))
    yield engine
    engine.dispose()


def test_the_page_was_followed_and_the_rows_are_filled(engine: Engine) -> None:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, locale, version FROM users ORDER BY id")).all()
    assert rows == [("u1", "de", 2), ("u2", "en", 2)]


@pytest.mark.parametrize("walked", ["sqlite"], indirect=True)
def test_on_sqlite_each_order_still_has_its_user(engine: Engine) -> None:
    with engine.connect() as connection:
        refers = connection.execute(text("PRAGMA foreign_key_list(orders)")).mappings().one()
        assert (refers["table"], refers["from"]) == ("users", "user_id")
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


MAKE = """
from sqlalchemy import create_engine
from shop.infra.sample.adapters.shop_tables import SHOP
SHOP.create_all(create_engine("sqlite:///made.db"))
"""


@pytest.mark.parametrize("walked", ["sqlite"], indirect=True)
def test_what_the_page_says_in_passing_holds_too(walked: Walk) -> None:
    url = "sqlite:///made.db"
    for command in (
        ["python", "-c", MAKE],
        f"DATABASE_URL={url} alembic stamp head",
        f"DATABASE_URL={url} alembic check",
        "alembic --config other.ini init --template async other",
    ):
        status, said = walked.attempt(command)
        assert status == 0, said


INSERT = "INSERT INTO users (id, email, name, locale, version) VALUES (:id, :id, '', 'en', 1)"


@pytest.mark.parametrize("walked", ["postgresql"], indirect=True)
def test_on_postgresql_nobody_waits_long(walked: Walk, engine: Engine) -> None:
    with engine.connect() as reader:
        reader.execute(text("SELECT * FROM users"))
        status, said = walked.attempt("alembic downgrade -1")
        assert (status != 0, "canceling statement due to lock timeout" in said) == (True, True), said
    assert walked.attempt("alembic downgrade -1")[0] == 0
    with ThreadPoolExecutor() as pool, engine.connect() as writer, engine.connect() as other:
        writer.execute(text(INSERT), {"id": "held"})
        building = pool.submit(walked.attempt, "alembic upgrade head")
        wait_for_the_index(other)
        time.sleep(2.2)  # longer than the lock_timeout of the other migrations
        other.execute(text("SET lock_timeout = '1s'"))
        other.execute(text(INSERT), {"id": "passing"})
        other.commit()
        assert not building.done()
        writer.rollback()
        status, said = building.result(timeout=30)
        assert status == 0, said


def wait_for_the_index(connection: Connection) -> None:
    """Return once an index is being built."""
    building = text("SELECT count(*) FROM pg_stat_progress_create_index WHERE relid = 'users'::regclass")
    for _ in range(200):
        count = connection.execute(building).scalar()
        connection.rollback()
        if count:
            return
        time.sleep(0.1)
    raise AssertionError("no index is being built")


def test_what_the_page_says_is_compared() -> None:
    assert re.fullmatch(pattern("a\n...\nb\n"), "a\nx\ny\nb\n")
    assert not re.fullmatch(pattern("a\nb\n"), "a\nx\nb\n")
    assert not re.fullmatch(pattern("...\nb\n"), "a\nb\nc\n")
