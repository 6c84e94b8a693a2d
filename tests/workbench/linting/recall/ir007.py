# bad: redis-py
import redis

class Users:
    def __init__(self, client: redis.Redis):
        self.cache = client

    def keep(self, user):
        self.cache.set(f"user:{user.id}", user.to_json())  # <-

# bad: a pipeline
async def warm(redis, users):
    async with redis.pipeline() as pipe:
        for user in users:
            pipe.set(f"cache:user:{user.id}", user.to_json())  # <-
        await pipe.execute()

# bad: pymemcache
from pymemcache.client import base

def keep(user):
    client = base.Client("memcached")
    client.set(user.id, user.to_json())  # <-

# bad: Django, for ever by its setting
from django.core.cache import cache

def keep(user):
    cache.set(user.pk, user, None)  # <-

# bad: aiocache
from aiocache import RedisCache

class Users:
    def __init__(self, cache: RedisCache):
        self.store = cache

    async def keep(self, user):
        await self.store.set(user.id, user)  # <-

# bad: a hash as a cache
async def keep(redis, user):
    await redis.hset("cache:users", user.id, user.to_json())  # <-

# bad: mset
from redis.asyncio import Redis

async def warm(redis: Redis, users):
    await redis.mset({f"cache:user:{user.id}": user.to_json() for user in users})  # <-
