"""What the package calls a factory, a strategy, a decorator and an observer: read by the type checker."""

from __future__ import annotations

from typing import Any

from infra_ref.caching.decorators.counted_cache import CountedCache
from infra_ref.caching.entity_strategy import EntityStrategy
from infra_ref.caching.leasing_port import LeasingCache
from infra_ref.caching.make_cache import make_cache
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.event_bus.port import EventHandler
from infra_ref.events import DomainEvent
from infra_ref.factory.pattern_port import Decorator, Factory, Observer, Strategy

factory: Factory[LeasingCache[Any]] = make_cache


def strategy_of(caching: EntityStrategy[Any]) -> Strategy[DomainEvent, bool]:
    return caching.should_invalidate


def decorator() -> Decorator[Any]:
    return CountedCache(MemoryCache[int]())


def observer_of(handler: EventHandler) -> Observer[DomainEvent]:
    return handler.handle
