"""Caching: answers kept close, so that the source is asked less.

Reading order: `port`, `leasing_port`, `decisions/arguments`, `memory_cache`, `redis_cache`.
"""
