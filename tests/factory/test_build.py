"""The infrastructure of the shop: what a URL opens, what a bad one says, and what building imports."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from infra_ref.configuration.settings import SecretUrl
from infra_ref.contract import raised, run
from infra_ref.event_bus.port import Handler
from infra_ref.factory import build as building
from infra_ref.factory.build import SCHEMES, build, chosen
from infra_ref.factory.choosing import Scheme, choose
from infra_ref.factory.plugins import EntryPointPlugins
from infra_ref.failures import Refused
from infra_ref.notification.port import Accepted, Address, Email
from infra_ref.notification.testing.aiosmtpd_server import AiosmtpdServer
from infra_ref.result import Err, Ok
from infra_ref.sample.adapters.make_shop import make_shop
from infra_ref.sample.adapters.shop_settings import ShopSettings
from infra_ref.sample.order import Order, OrderLine
from infra_ref.sample.port import OrdersOf
from infra_ref.sample.use_cases import pay_order, place_order, register
from tests.file_storage.s3 import running_s3
from tests.servers.own_postgres import own_postgres

NONE = EntryPointPlugins([])


async def shop_once(infrastructure: Any) -> list[Any]:
    """Use the shop: the same lines on every environment."""
    unit, name = infrastructure.make_unit, f"u{secrets.token_hex(4)}"
    assert isinstance(await register(unit, name, f"{name}@shop.test", "Ann"), Ok)
    lines = [OrderLine("lamp", 2, 1990)]
    assert isinstance(await place_order(unit, f"o{name}", name, lines, at=datetime.now(UTC)), Ok)
    assert isinstance(await pay_order(unit, f"o{name}"), Ok)
    await infrastructure.cache.set(name, "kept", ttl=60)
    assert await infrastructure.cache.get(name) == "kept"
    await infrastructure.cache.delete(name)
    listed = (await infrastructure.shop.overview.execute(OrdersOf(name))).unwrap()
    await infrastructure.shop.orders.delete(f"o{name}")
    await infrastructure.shop.users.delete(name)
    return [(one.status, one.total_cents) for one in listed]


def used(settings: ShopSettings) -> list[Any]:
    async def story() -> list[Any]:
        async with build(settings, plugins=NONE) as infrastructure:
            return await shop_once(infrastructure)

    return run(story())


def test_the_shop_runs_on_test_in_memory() -> None:
    assert used(ShopSettings(environment="test")) == [("paid", 3980)]


def test_the_shop_runs_on_development_with_a_file_and_fakeredis(tmp_path: Path) -> None:
    settings = ShopSettings(environment="development", repository_url=f"sqlite:///{tmp_path}/shop.db")
    assert used(settings) == [("paid", 3980)]
    assert (tmp_path / "shop.db").is_file()


def test_the_shop_runs_on_production_with_real_servers(valkey: Path, tmp_path: Path) -> None:
    urls = {"cache_url": f"unix://{valkey}", "events_url": f"unix://{valkey}"}
    urls |= {"mail_url": "smtp://mail.test", "files_url": f"file://{tmp_path}"}
    with own_postgres() as url:
        settings = ShopSettings(environment="production", name="build-test", repository_url=url, **urls)
        assert used(settings) == [("paid", 3980)]


# What is refused, and what it says


@pytest.mark.parametrize(
    ("urls", "says"),
    [
        (
            {"cache_url": "reddis://h"},
            ["cache_url: reddis:// is not known; did you mean redis://?"],
        ),
        (
            {"repository_url": "mongo://h"},
            ["repository_url: mongo:// is not known; there is memory"],
        ),
        ({"cache_url": "x://", "repository_url": "y://"}, ["repository_url: y://", "cache_url: x://"]),
    ],
)
def test_an_unknown_scheme_says_what_there_is(urls: dict[str, str], says: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        used(ShopSettings(environment="test", **urls))
    told = [str(one) for one in refused.value.failure.problems]  # type: ignore[attr-defined]
    assert len(told) == len(says)
    assert all(one.startswith(start) for one, start in zip(told, says, strict=True))


@pytest.mark.parametrize(
    ("option", "url", "says"),
    [
        ("repository_url", "sqlite:///{}", "{} is a folder: name a file in it, such as sqlite:///{}/shop.db"),
        ("repository_url", "sqlite:///{}/no/shop.db", "there is no folder {}/no: create it, or name another"),
        ("files_url", "file://{}/a%20file", "{}/a file is a file: name a folder"),
    ],
)
def test_a_file_in_place_of_a_folder_says_what_to_write(
    option: str, url: str, says: str, tmp_path: Path
) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(Refused) as refused:
        chosen(ShopSettings(environment="test", **{option: url.format(tmp_path)}))
    told = [str(one) for one in refused.value.failure.problems]  # type: ignore[attr-defined]
    assert told == [f"{option}: {says.format(tmp_path, tmp_path)}"]


def test_files_and_folders_in_their_places_are_chosen(tmp_path: Path) -> None:
    for url in ("sqlite://", "sqlite:///shop.db", f"sqlite:///{tmp_path}/shop.db"):
        chosen(ShopSettings(environment="test", repository_url=url, files_url=f"file://{tmp_path}"))
    chosen(ShopSettings(environment="test", files_url=f"file://{tmp_path}/not/made/yet"))


def test_what_is_not_installed_says_what_to_install() -> None:
    schemes = {"redis": Scheme(building.make_cache, "a_client_that_is_not_there", "redis")}
    chosen = choose("cache_url", SecretUrl("redis://:swordfish@h"), schemes, lambda: NONE)
    assert isinstance(chosen, Err)
    assert str(chosen.error) == (
        "cache_url: redis:// needs a_client_that_is_not_there: pip install 'infra-ref[redis]'"
    )


def test_a_broken_plugin_is_told_when_it_is_chosen_and_not_before() -> None:
    plugins = EntryPointPlugins([EntryPoint("cache.shelf", "no_such_module:make", "infra_ref.adapters")])

    async def story(url: str) -> None:
        async with build(ShopSettings(environment="test", cache_url=url), plugins=plugins):
            pass

    run(story("memory://"))
    with pytest.raises(Refused, match=r"cache_url: the plug-in cache\.shelf of .* is broken: ModuleNotFound"):
        run(story("shelf://"))


def test_a_plugin_is_listed_among_what_there_is() -> None:
    plugins = EntryPointPlugins([EntryPoint("cache.shelf", "no_such_module:make", "infra_ref.adapters")])
    chosen = choose("cache_url", SecretUrl("shelff://"), SCHEMES["cache_url"], lambda: plugins)
    assert isinstance(chosen, Err)
    assert "did you mean shelf://?" in str(chosen.error)


# Opening and closing


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    shop = run(make_shop())

    @asynccontextmanager
    async def opens(url: str, *, namespace: str) -> AsyncGenerator[Any]:
        if "fails" in url:
            raise ConnectionError(url)
        told.append(f"open {url}")
        try:
            yield shop if url.startswith("log://r") else url
        finally:
            told.append(f"close {url}")
            if "sticks" in url:
                raise ConnectionError(url)

    for name in ("repository_url", "cache_url"):
        monkeypatch.setitem(SCHEMES[name], "log", Scheme(opens))
    return told


async def opened(*, hold: bool = False, **urls: str) -> None:
    async with build(ShopSettings(environment="test", **urls), plugins=NONE):
        await asyncio.sleep(60 if hold else 0)


def test_it_is_closed_in_reverse(log: list[str]) -> None:
    run(opened(repository_url="log://r", cache_url="log://c"))
    assert log == ["open log://r", "open log://c", "close log://c", "close log://r"]


def test_what_was_opened_is_closed_when_the_next_one_fails(log: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        run(opened(repository_url="log://r", cache_url="log://:swordfish@fails"))
    assert str(refused.value) == "cache_url: log://***@fails could not be opened"
    assert isinstance(refused.value.failure.cause, ConnectionError)
    assert log == ["open log://r", "close log://r"]


def test_a_database_that_cannot_be_written_to_is_told_by_its_setting() -> None:
    url = "postgresql://ann:swordfish@127.0.0.1:1/shop"
    with pytest.raises(Refused) as refused:
        run(opened(repository_url=url))
    assert str(refused.value) == "repository_url: postgresql://***@127.0.0.1:1/shop could not be opened"


def test_one_that_cannot_be_closed_leaves_none_open(log: list[str]) -> None:
    with raised(ExceptionGroup):
        run(opened(repository_url="log://r", cache_url="log://sticks"))
    assert log[-1] == "close log://r"


def test_a_cancellation_closes_everything(log: list[str]) -> None:
    async def story() -> None:
        task = asyncio.create_task(opened(repository_url="log://r", cache_url="log://c", hold=True))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    run(story())
    assert log == ["open log://r", "open log://c", "close log://c", "close log://r"]


# Events


def test_an_event_reaches_its_handler_once_its_unit_has_committed_and_not_before() -> None:
    async def story() -> list[str]:
        arrived: asyncio.Queue[str] = asyncio.Queue()

        async def note(event: Any) -> None:
            await arrived.put(event.type)

        async with build(ShopSettings(environment="test"), plugins=NONE) as infrastructure:
            await infrastructure.bus.subscribe("order.paid", Handler("order.paid", note, id="note"))
            unit = infrastructure.make_unit
            await register(unit, "u1", "ann@shop.test", "Ann")
            lines = [OrderLine("lamp", 1, 5)]
            await place_order(unit, "o1", "u1", lines, at=datetime.now(UTC))
            async with unit() as given_up:
                order = (await given_up.repository(Order).get_by_id("o1")).unwrap()
                order.pay()
            await asyncio.sleep(0.7)  # a relay looks every half second
            assert arrived.empty()
            await pay_order(unit, "o1")
            return [await asyncio.wait_for(arrived.get(), 5)]

    assert run(story()) == ["order.paid"]


# What it imports, and a plug-in of a real package

IN_MEMORY = """
import asyncio, sys
from infra_ref.sample.adapters.shop_settings import ShopSettings
from infra_ref.factory.build import build
async def main():
    async with build(ShopSettings(environment="test")) as infrastructure:
        return infrastructure
asyncio.run(main())
print(sorted({"sqlalchemy", "redis", "fakeredis", "asyncpg", "watchfiles", "dishka"} & set(sys.modules)))
"""


def test_building_in_memory_imports_no_database_and_no_redis() -> None:
    done = subprocess.run([sys.executable, "-c", IN_MEMORY], capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "[]", done.stderr


def test_an_installed_plugin_is_used_by_its_scheme(with_plugin: Path) -> None:
    code = """
import asyncio
from infra_ref.sample.adapters.shop_settings import ShopSettings
from infra_ref.factory.build import build
async def main():
    settings = ShopSettings(environment="test", cache_url="shelf://top")
    async with build(settings) as infrastructure:
        await infrastructure.cache.set("a", 1)
        print(infrastructure.cache.url, await infrastructure.cache.get("a"))
asyncio.run(main())
"""
    env = os.environ | {"PYTHONPATH": str(with_plugin)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, env=env)
    assert done.stdout.strip() == "shelf://top 1", done.stderr


# Files


def test_files_are_kept_below_the_shops_name(tmp_path: Path) -> None:
    async def story() -> None:
        settings = ShopSettings(environment="test", files_url=f"file://{tmp_path}", name="lamps")
        async with build(settings, plugins=NONE) as infrastructure:
            await infrastructure.files.save("invoices/7.txt", b"A lamp: 40")
        assert (tmp_path / "lamps" / "invoices" / "7.txt").read_bytes() == b"A lamp: 40"

    run(story())


def test_files_go_to_a_bucket_by_its_url() -> None:
    with running_s3() as s3:
        bucket = s3.bucket()
        url = f"s3://{bucket}?endpoint={s3.url}&access_key_id=test&secret_access_key=swordfish"
        settings = ShopSettings(environment="test", files_url=url)

        async def story() -> list[str]:
            async with build(settings, plugins=NONE) as infrastructure:
                await infrastructure.files.save("invoices/7.txt", b"A lamp: 40")
                return [info.path async for info in infrastructure.files.list()]

        assert run(story()) == ["invoices/7.txt"]
        assert b"<Key>shop/invoices/7.txt</Key>" in s3.get(f"{s3.url}/{bucket}")
    assert "swordfish" not in f"{settings!r} {settings}"


# Mail


def test_mail_goes_to_the_server_of_its_url() -> None:
    ann = Address("ann@shop.test")

    async def story() -> None:
        async with AiosmtpdServer() as server:
            url = f"smtp://localhost:{server.port}?tls=none"
            settings = ShopSettings(environment="test", mail_url=url)
            async with build(settings, plugins=NONE) as infrastructure:
                sent = await infrastructure.mail.send(Email(sender=ann, to=(ann,), subject="Hi", text=""))
            assert sent == {"ann@shop.test": Ok(Accepted())}
            assert [one.recipients for one in server.received] == [("ann@shop.test",)]

    run(story())


def test_the_password_of_the_mail_server_shows_nowhere() -> None:
    settings = ShopSettings(environment="test", mail_url="smtp://shop:swordfish@mail.test:1?tls=none")

    async def story() -> None:
        async with build(settings, plugins=NONE):
            pass

    with pytest.raises(Refused) as refused:
        run(story())
    why = refused.value.failure.cause
    assert "without TLS" in str(why)
    assert "swordfish" not in f"{refused.value} {why} {settings!r} {settings}"
