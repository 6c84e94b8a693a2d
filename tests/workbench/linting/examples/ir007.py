# bad: set
async def user(cache, key, load):
    value = await load()
    await cache.set(key, value)  # <-
    return value

# bad: an attribute
class Users:
    async def load(self, key):
        user = await self.source.get(key)
        await self._cache.set(f"user:{key}", user)  # <-
        return user

# bad: a typed cache
class Users:
    def __init__(self, store: RedisCache):
        self.store = store

    async def keep(self, user):
        await self.store.set(user.id, user)  # <-

# bad: many at once
async def warm(cache, users):
    await cache.set_multiple({user.id: user for user in users})  # <-

# bad: Redis, used as a cache
from redis.asyncio import Redis

async def keep(redis: Redis, user):
    await redis.set(f"cache:user:{user.id}", user.to_json())  # <-

# bad: only if absent
async def keep(cache, key, value):
    await cache.setnx(key, value)  # <-

# bad: aiocache
from aiocache import Cache

async def keep(user):
    cache = Cache(Cache.REDIS)
    await cache.set(user.id, user)  # <-

# bad: another keyword
async def keep(cache, key, value):
    await cache.set(key, value, nx=True)  # <-

# bad: a port whose time to live is optional
class Cache:
    async def set(self, key, value, ttl=None): ...

async def keep(cache: Cache, key, value):
    await cache.set(key, value)  # <-

# good: ttl
# mutant: , ttl=300 =>
async def keep(cache, key, value):
    await cache.set(key, value, ttl=300)

# good: by place
# mutant: , 300 =>
async def keep(cache, key, value):
    await cache.set(key, value, 300)

# good: None was a decision
# mutant: , ttl=None =>
async def keep(cache, key, value):
    await cache.set(key, value, ttl=None)

# good: Redis' own word
# mutant: , ex=60 =>
from redis.asyncio import Redis

async def keep(redis: Redis, user):
    await redis.set(f"cache:{user.id}", user.to_json(), ex=60)

# good: Redis as a store, not a cache
# mutant: f"basket:{user.id}" => f"cache:{user.id}"
from redis.asyncio import Redis

async def keep(redis: Redis, user):
    await redis.set(f"basket:{user.id}", user.basket)

# good: Django brings a default of 300 seconds
# mutant: from django.core.cache import cache => from shop import cache
from django.core.cache import cache

async def keep(key, value):
    await cache.set(key, value)

# good: the cache's own default ends it
# mutant: ttl=300 => ttl=None
class UserCache:
    async def set(self, key, value, ttl=300): ...

async def keep(cache: UserCache, key, value):
    await cache.set(key, value)

# good: it expires by the next call
# mutant: await cache.expire(key, 60) => pass
async def keep(cache, key, value):
    await cache.set(key, value)
    await cache.expire(key, 60)

# good: a context variable
# mutant: current: ContextVar => cache: RedisCache // current.set("x", "y") => await cache.set("x", "y")
from contextvars import ContextVar
cached = 1
async def keep(current: ContextVar):
    current.set("x", "y")

# good: whatever options there are
# mutant: **options => nx=True
async def keep(cache, key, value, options):
    await cache.set(key, value, **options)

# good: a local cache, in front of one that ends
# mutant: local_cache => cache
class Prices:
    async def price(self, sku):
        found = await self.shared.get(sku)
        await self.local_cache.set(sku, found)
        return found

# good: a cache that is made with a default
# mutant: default_ttl_seconds=ttl => size=ttl
class Policies:
    def __init__(self, ttl: int) -> None:
        self._cache: AsyncCache | None = None
        self._cache = AsyncCache(default_ttl_seconds=ttl)

    async def keep(self, key, value):
        await self._cache.set(key, value)

# good: a default of the whole file
# mutant: ttl=300 => ttl=None
from aiocache import Cache
cache = Cache(Cache.REDIS, ttl=300)

async def keep(key, value):
    await cache.set(key, value)
