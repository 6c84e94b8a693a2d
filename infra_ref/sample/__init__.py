"""The sample application: a small shop, as the patterns serve it.

Reading order: `user`, `order`, `port`, `use_cases`. Nothing here knows a
database: the use cases run unchanged on every one.
"""
