"""The caches that hold values themselves keep every rule, on every store."""

from __future__ import annotations

from typing import Any

from infra_ref.caching.contracts.leasing_contract import LeasingCacheContract
from infra_ref.caching.value_codecs.msgspec_codec import MsgspecCodec
from infra_ref.caching.value_codecs.pydantic_codec import PydanticCodec
from tests.caching.benches import FakeRedisBench, RealRedisBench, ValkeyBench


class TestRedisCacheOnValkey(ValkeyBench, LeasingCacheContract):
    pass


class TestRedisCacheOnRedis(RealRedisBench, LeasingCacheContract):
    pass


class TestRedisCacheWithPydantic(FakeRedisBench, LeasingCacheContract):
    codec = PydanticCodec(Any)


class TestRedisCacheWithMsgspec(FakeRedisBench, LeasingCacheContract):
    codec = MsgspecCodec(Any)
