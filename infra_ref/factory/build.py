"""`build`: the composition root of the sample shop. One settings object, a running infrastructure."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from infra_ref.caching.make_cache import make_cache
from infra_ref.configuration.errors import Misconfigured
from infra_ref.event_bus.make_event_queue import make_event_queue
from infra_ref.factory.choosing import Scheme, choose
from infra_ref.factory.delivering import delivery
from infra_ref.factory.opening import opening
from infra_ref.factory.resources import Resources
from infra_ref.failures import Refused
from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.result import Err
from infra_ref.sample.adapters.make_shop import Shop, make_shop
from infra_ref.sample.adapters.shop_settings import ShopSettings

if TYPE_CHECKING:
    from infra_ref.caching.leasing_port import LeasingCache
    from infra_ref.event_bus.outbox_port import Outbox
    from infra_ref.event_bus.port import EventBus
    from infra_ref.factory.pattern_port import Factory
    from infra_ref.factory.plugin_port import Plugins
    from infra_ref.file_storage.port import FileStorage
    from infra_ref.notification.port import EmailService
    from infra_ref.unit_of_work.query_port import QueryableUnitOfWork


REDIS = {"fakeredis": "fakeredis:fakeredis"} | dict.fromkeys(("redis", "rediss", "unix"), "redis:redis")


class Infrastructure(NamedTuple):
    """What the shop runs on, open until the end of `build`'s block.

    Events of the units that `make_unit` makes are kept in the unit's own transaction, and
    then reach those who subscribed to `bus`.
    """

    shop: Shop
    cache: LeasingCache[Any]
    bus: EventBus
    mail: EmailService
    files: FileStorage
    make_unit: Callable[[], QueryableUnitOfWork]


@asynccontextmanager
async def build(settings: ShopSettings, *, plugins: Plugins | None = None) -> AsyncGenerator[Infrastructure]:
    """Open what the settings choose, and close it in reverse, also where opening fails half way.

        async with build(settings) as infrastructure:
            await register(infrastructure.make_unit, "u1", "ann@shop.test", "Ann")

    Raises Refused as `chosen` does, before anything is opened, and with `NotOpened` for what cannot be.
    """
    factories = chosen(settings, plugins=plugins)
    async with Resources() as resources:
        opened: list[Any] = []
        for option, factory in factories.items():
            url = getattr(settings, option)
            with opening(option, url):
                opened.append(await resources.open(factory(url.get_secret_value(), namespace=settings.name)))
        shop, cache, (queue, dead_letters), mail, files = opened  # in the order of SCHEMES
        with opening("repository_url", settings.repository_url):
            outbox = await _make_outbox(shop.database)
        bus = await resources.open(delivery(outbox, queue, dead_letters))
        yield Infrastructure(shop, cache, bus, mail, files, partial(shop.make_unit, record=outbox.add))


def chosen(settings: ShopSettings, *, plugins: Plugins | None = None) -> dict[str, Factory[Any]]:
    """Return what opens the URL of each option; opens nothing.

    `plugins` are those that are installed, unless given. Raises Refused, which holds all problems,
    for URLs that nothing can open.
    """

    def known() -> Plugins:
        from infra_ref.factory.plugins import installed

        return installed() if plugins is None else plugins

    found = {one: choose(one, getattr(settings, one), SCHEMES[one], known) for one in SCHEMES}
    problems = tuple(one.error for one in found.values() if isinstance(one, Err))
    if problems:
        raise Refused(Misconfigured(problems=problems))
    return {option: factory.unwrap() for option, factory in found.items()}


@asynccontextmanager
async def _open_shop(url: str, /, *, namespace: str) -> AsyncGenerator[Shop]:
    shop = await make_shop(url.replace("postgresql://", "postgresql+asyncpg://"))
    try:
        yield shop
    finally:
        await shop.close()


async def _make_outbox(database: Any) -> Outbox[Any]:
    if isinstance(database, MemoryDatabase):
        from infra_ref.event_bus.memory_outbox import MemoryOutbox

        return MemoryOutbox(database)
    from infra_ref.event_bus.sql_outbox import OUTBOX_TABLES, SqlOutbox

    await database.write("make the outbox", OUTBOX_TABLES.create_all)
    return SqlOutbox(database)


def _open_queue(url: str, /, *, namespace: str) -> Any:
    return make_event_queue(url, name=namespace)


def _open_mail(url: str, /, *, namespace: str) -> Any:
    from infra_ref.notification.make_email_service import make_email_service

    return make_email_service(url)


def _open_files(url: str, /, *, namespace: str) -> Any:
    from infra_ref.file_storage.make_file_storage import make_file_storage

    return make_file_storage(url, namespace=namespace)


def _schemes(opens: Factory[Any], **needs: str) -> dict[str, Scheme]:
    """Return schemes by name, each with the package that it needs and, after a colon, the extra."""
    return {name: Scheme(opens, *need.split(":")) for name, need in {"memory": "", **needs}.items()}


SCHEMES: dict[str, dict[str, Scheme]] = {
    "repository_url": _schemes(
        _open_shop,
        **{
            "sqlite": "sqlalchemy:sqlalchemy",
            "postgresql": "asyncpg:postgresql",
            "postgresql+asyncpg": "asyncpg:postgresql",
            "postgresql+psycopg": "psycopg:postgresql",
        },
    ),
    "cache_url": _schemes(make_cache, **REDIS),
    "events_url": _schemes(_open_queue, **REDIS, nats="nats:nats"),
    "mail_url": _schemes(_open_mail, smtp="aiosmtplib:smtp", smtps="aiosmtplib:smtp"),
    "files_url": _schemes(_open_files, file="", **dict.fromkeys(("s3", "gs", "az"), "obstore:obstore")),
}
"""What each option of the settings can be, besides what plug-ins bring."""
