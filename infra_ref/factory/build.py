"""`build`: the composition root of the sample shop. One settings object, a running infrastructure."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra_ref.caching.make_cache import make_cache
from infra_ref.configuration.errors import Misconfigured
from infra_ref.configuration.shop_settings import ShopSettings
from infra_ref.factory.choosing import Scheme, choose
from infra_ref.factory.pattern_port import Factory
from infra_ref.factory.plugin_port import Plugins
from infra_ref.factory.plugins import installed
from infra_ref.factory.resources import Resources
from infra_ref.failures import Refused
from infra_ref.result import partition
from infra_ref.sample.adapters.make_shop import Shop, make_shop

if TYPE_CHECKING:
    from infra_ref.caching.leasing_port import LeasingCache


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """What the shop runs on, open until the end of `build`'s block."""

    shop: Shop
    cache: LeasingCache[Any]


@asynccontextmanager
async def build(settings: ShopSettings, *, plugins: Plugins | None = None) -> AsyncGenerator[Infrastructure]:
    """Open what the settings choose, and close it in reverse, also where opening fails half way.

        async with build(settings) as infrastructure:
            await register(infrastructure.shop.make_unit, "u1", "ann@shop.test", "Ann")

    Raises Refused as `chosen` does, before anything is opened.
    """
    factories = chosen(settings, plugins=plugins)
    async with Resources() as resources:
        opened = {
            option: await resources.open(factory(getattr(settings, option).get_secret_value()))
            for option, factory in factories.items()
        }
        yield Infrastructure(shop=opened["repository_url"], cache=opened["cache_url"])


def chosen(settings: ShopSettings, *, plugins: Plugins | None = None) -> dict[str, Factory[Any]]:
    """Return what opens the URL of each option; opens nothing.

    `plugins` are those that are installed, unless given. Raises Refused, which holds all problems,
    for URLs that nothing can open.
    """

    def known() -> Plugins:
        return installed() if plugins is None else plugins

    found = {one: choose(one, getattr(settings, one), SCHEMES[one], known) for one in SCHEMES}
    _, problems = partition(found.values())
    if problems:
        raise Refused(Misconfigured(problems=tuple(problems)))
    return {option: factory.unwrap() for option, factory in found.items()}


@asynccontextmanager
async def _open_shop(url: str) -> AsyncGenerator[Shop]:
    shop = await make_shop(url.replace("postgresql://", "postgresql+asyncpg://"))
    try:
        yield shop
    finally:
        await shop.close()


def _open_cache(url: str) -> Any:
    return make_cache(url, namespace="shop")


SCHEMES = {
    "repository_url": {
        "memory": Scheme(_open_shop),
        "sqlite": Scheme(_open_shop, "sqlalchemy", "sqlalchemy"),
        "postgresql": Scheme(_open_shop, "asyncpg", "postgresql"),
        "postgresql+asyncpg": Scheme(_open_shop, "asyncpg", "postgresql"),
        "postgresql+psycopg": Scheme(_open_shop, "psycopg", "postgresql"),
    },
    "cache_url": {
        "memory": Scheme(_open_cache),
        "fakeredis": Scheme(_open_cache, "fakeredis", "fakeredis"),
        "redis": Scheme(_open_cache, "redis", "redis"),
        "rediss": Scheme(_open_cache, "redis", "redis"),
        "unix": Scheme(_open_cache, "redis", "redis"),
    },
}
"""What each option of the settings can be, besides what plug-ins bring."""
