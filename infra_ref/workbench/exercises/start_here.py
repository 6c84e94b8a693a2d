"""The exercise of the first notebook: one small adapter, and a handful of its port's rules."""

from __future__ import annotations

from infra_ref.caching.contracts.cache_contract import CacheContract
from infra_ref.workbench.teaching.exercise import Exercise, Wrong

FIRST_ADAPTER = Exercise(
    id="start_here/first-adapter",
    title="Your first adapter",
    task="""
        A `Cache` that keeps everything in a dict. `set` is written; write `get`,
        `exists` and `delete`, so that the rules below hold. `delete` returns whether
        there was anything to delete.
    """,
    makes="FirstCache",
    frame="""
        class FirstCache:
            def __init__(self):
                self.kept = {}

            async def set(self, key, value, *, ttl=None):
                self.kept[key] = value

            ____
    """,
    blank="""
        async def get(self, key, default=None): ...
        async def exists(self, key): ...
        async def delete(self, key): ...
    """,
    solution="""
        async def get(self, key, default=None):
            return self.kept.get(key, default)

        async def exists(self, key):
            return key in self.kept

        async def delete(self, key):
            was_there = key in self.kept
            self.kept.pop(key, None)
            return was_there
    """,
    wrong=(
        Wrong(
            "an empty value is taken for a miss",
            """
            async def get(self, key, default=None):
                return self.kept.get(key) or default

            async def exists(self, key):
                return key in self.kept

            async def delete(self, key):
                return self.kept.pop(key, None) is not None
            """,
            breaks=("CACHE-03", "CACHE-04"),
            feedback="""
                `or` does not ask whether the key is there, but whether the value is true: 0, an
                empty list and a stored None are values too. Ask the dict: `.get(key, default)`.
            """,
        ),
        Wrong(
            "exists looks at the value",
            """
            async def get(self, key, default=None):
                return self.kept.get(key, default)

            async def exists(self, key):
                return await self.get(key) is not None

            async def delete(self, key):
                return self.kept.pop(key, None) is not None
            """,
            breaks=("CACHE-06",),
            feedback="A stored None is there. `exists` is a question about the key: `key in self.kept`.",
        ),
        Wrong(
            "a second delete raises",
            """
            async def get(self, key, default=None):
                return self.kept.get(key, default)

            async def exists(self, key):
                return key in self.kept

            async def delete(self, key):
                del self.kept[key]
                return True
            """,
            breaks=("CACHE-15",),
            feedback="""
                What is not there can be deleted as well: that is no error, and the answer is
                False. `self.kept.pop(key, None)` does not raise.
            """,
        ),
    ),
    hints=(
        "Each of the three is one question to the dict; only `delete` also changes it.",
        "`dict.get` takes a default. `in` asks for the key and never looks at the value.",
        "For `delete`: find out whether the key is there, `pop` it, and return what you found out.",
    ),
    notice="""
        Nobody looked at your code: it was called, and its answers were compared with what the port
        promises. Any other cache is tested against the same rules, one on a Redis server too.
    """,
    contract=CacheContract,
    only=("CACHE-01", "CACHE-02", "CACHE-03", "CACHE-04", "CACHE-06", "CACHE-07", "CACHE-15"),
)
