"""The repaired twins pass the contract of their port, and the bad code breaks the rules named here."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from fakeredis import FakeAsyncRedis

from infra_ref import anti_patterns
from infra_ref.anti_patterns import (
    business_logic_in_adapter,
    client_per_call,
    environment_in_adapter,
    no_timeout,
    pickle_from_outside,
    secrets_in_logs,
    swallowed_exception,
)
from infra_ref.caching.contracts.cache_contract import CacheContract
from infra_ref.caching.redis_cache import RedisCache
from infra_ref.clock import FakeClock
from infra_ref.contract import Contract, run
from infra_ref.gateway.contracts.http_client_contract import HttpClientContract
from infra_ref.gateway.port import HttpClient
from infra_ref.gateway.testing.loopback_server import LoopbackServer
from infra_ref.observability.contracts.health_contract import HealthContract
from infra_ref.observability.health_port import Health
from infra_ref.repository.contracts.repository_contract import RepositoryContract
from infra_ref.repository.port import Repository
from infra_ref.repository.schema import Schema
from infra_ref.security.contracts.sealer_contract import SealerContract
from infra_ref.security.port import Sealer
from tests.observability import test_stdlib_logger_contract as stdlib_logger


class TestCustomers(RepositoryContract):
    lacks: ClassVar = {
        "version": "a customer has none",
        "unique": "no other field is unique",
        "children": "a customer has none",
        "statements": "memory is sent no statements",
        "unreachable": "memory always answers",
    }
    samples = tuple(
        business_logic_in_adapter.Customer(key, age) for key, age in (("b", 9), ("a", 17), ("c", 40))
    )
    fields: ClassVar = {int: "age"}
    kind: Any = business_logic_in_adapter.ImportedCustomerRepository

    def make(self) -> Repository[Any, str]:
        return self.kind(Schema(business_logic_in_adapter.Customer, version=None))

    def change(self, customer: Any) -> Any:
        return business_logic_in_adapter.Customer(customer.id, customer.age + 1)

    def numbered(self, number: int) -> Any:
        return business_logic_in_adapter.Customer(f"{number:05}", 18)


class TestAccounts(RepositoryContract):
    lacks: ClassVar = {
        "version": "an account has none",
        "unique": "no other field is unique",
        "children": "an account has none",
        "statements": "memory is sent no statements",
    }
    samples = tuple(swallowed_exception.Account(key, 100) for key in "bac")
    fields: ClassVar = {int: "cents"}
    kind: Any = swallowed_exception.repaired

    def make(self) -> Repository[Any, str]:
        return self.kind(self._schema, swallowed_exception.Bank())

    @property
    def unreachable(self) -> Repository[Any, str]:
        bank = swallowed_exception.Bank()
        bank.away = True
        return self.kind(self._schema, bank)

    @property
    def _schema(self) -> Schema[Any]:
        return Schema(swallowed_exception.Account, version=None)

    def change(self, account: Any) -> Any:
        return swallowed_exception.Account(account.id, account.cents + 1)

    def numbered(self, number: int) -> Any:
        return swallowed_exception.Account(f"{number:05}", 0)


class TestCodec(CacheContract):
    lacks: ClassVar = {
        "wire": "fakeredis has no wire",
        "outage": "a codec knows no store",
    }
    kind: Any = staticmethod(pickle_from_outside.repaired)

    @asynccontextmanager
    async def make(self) -> AsyncIterator[RedisCache[Any]]:
        async with FakeAsyncRedis() as self.client:
            yield RedisCache(self.client, namespace="shop", codec=self.kind(), timeout=5)

    async def plant(self, key: str, raw: bytes) -> bytes:
        before: Any = await self.client.get(f"shop:{key}")
        await self.client.set(f"shop:{key}", raw)
        return before or b""


class TestLogger(stdlib_logger.TestStdlibLogger):
    kind: Any = staticmethod(secrets_in_logs.repaired)


class TestSealer(SealerContract):
    kind: Any = staticmethod(environment_in_adapter.repaired)

    def make(self) -> Sealer:
        self.key = secrets.token_hex(32)
        return self._with(self.key)

    def rotated(self) -> Sealer:
        return self._with(secrets.token_hex(32), self.key)

    def stranger(self) -> Sealer:
        return self._with(secrets.token_hex(32))

    def _with(self, *keys: str) -> Any:
        return self.kind({"SHOP_KEY": " ".join(keys)})


class TestHealth(HealthContract):
    lacks: ClassVar = {"ask": "it is shown over HTTP by HealthApp"}
    kind: Any = staticmethod(no_timeout.repaired)

    def make(self, clock: FakeClock) -> Health:
        return self.kind(clock)


class TestClient(HttpClientContract):
    kind: Any = staticmethod(client_per_call.repaired)

    @cached_property
    def peer(self) -> LoopbackServer:
        return LoopbackServer()

    @asynccontextmanager
    async def make(self) -> AsyncIterator[HttpClient]:
        async with httpx.AsyncClient(trust_env=False) as client:
            yield self.kind(client)


JUDGED: dict[str, tuple[type[Contract], Any, tuple[str, ...]]] = {
    "business_logic_in_adapter": (
        TestCustomers,
        business_logic_in_adapter.CustomerRepository,
        ("REPO-01", "REPO-02", "REPO-05", "REPO-10"),
    ),
    "client_per_call": (TestClient, client_per_call.bad, ()),  # it keeps all: only the connections tell
    "environment_in_adapter": (TestSealer, environment_in_adapter.bad, ("SEAL-06", "SEAL-09")),
    "no_timeout": (TestHealth, no_timeout.bad, ("HEALTH-04", "HEALTH-06")),
    "pickle_from_outside": (TestCodec, pickle_from_outside.bad, ("CACHE-21",)),
    "secrets_in_logs": (TestLogger, secrets_in_logs.bad, ("LOG-03", "LOG-04", "LOG-05", "LOG-06")),
    "swallowed_exception": (TestAccounts, swallowed_exception.bad, ("REPO-21",)),
}
NO_PORT = {
    "blocking_call": "a report is asked of a function; each contract itself ends an adapter that blocks",
    "cache_without_ttl": "a use case chooses the time to live; the cache keeps what it is given",
    "cancellation_eaten": "a use case sends the mails, with a function that sends one",
    "client_at_import": "composition: where a client is made",
    "dual_write": "a use case writes, and a relay sends",
    "leaked_database_type": "the query of one page, for which the house has no port",
    "n_plus_one": "a page asks two repositories, and is none",
    "port_mirrors_vendor": "the twin is a port itself",
    "publish_before_commit": "a use case; that the unit publishes after the commit is UOW-18 and UOW-19",
    "retry_without_key": "a use case chooses the key; that a client repeats it is RETRY-04 and RETRY-05",
    "session_shared_by_tasks": "a use case opens the units; that one refuses a second task is UOW-17",
    "vendor_type_in_port": "the twin is a port itself",
}
"""Twins that are no adapter: why, and which rule holds what they rely on."""


@pytest.mark.parametrize(
    ("held", "bad", "number"),
    [
        pytest.param(held, bad, number, id=f"{name} {number}")
        for name, (held, bad, numbers) in JUDGED.items()
        for number in numbers
    ],
)
def test_the_bad_code_breaks_the_rule(held: Any, bad: Any, number: str) -> None:
    kind = type("Bad", (held,), {"kind": staticmethod(bad), "seconds_per_rule": 2})
    one = next(one for one in held.rules() if one.number == number)
    assert run(kind().hold(one)).outcome == "broken"


def test_every_twin_is_judged_or_has_no_port() -> None:
    modules = {path.stem for path in Path(anti_patterns.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(JUDGED) ^ set(NO_PORT) == modules
