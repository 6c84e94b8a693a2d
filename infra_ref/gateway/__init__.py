"""Calls to other services that survive what those services do.

Reading path: `port`, `errors`, `memory_http_client`, `httpx_http_client`.
"""
