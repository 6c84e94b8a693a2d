"""Caching: answers kept near, so that the source is asked less.

Reading order: `port`, `contract` (and those that build on it: `distributed_contract`,
`leasing_contract`, `loading_contract`), `memory_cache`, `redis_cache`; then the
decorators `single_flight_cache`, `stale_cache`, `counted_cache`,
`fail_safe_cache`, `strategy_cache`, `generation_cache`; `two_level_cache`;
`entity_strategy`, `cache_invalidator`; the codecs; `make_cache` chooses.
"""
