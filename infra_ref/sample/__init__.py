"""The sample application: a small shop, as the patterns serve it.

Reading path: `user`, `order`, `port`, `use_cases`. None of these knows a database: the
use cases run unchanged on every one. `adapters` has the shop's tables, its read
models and the composition root, `make_shop`.
"""
