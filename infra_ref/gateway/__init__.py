"""Calls to other services that survive what those services do.

Reading order: `port` (the promise) and its parts `messages`, `errors`, `authentication`,
`limiter_port` and `discovery_port`; `httpx_http_client` (the real one; `aiohttp_http_client`
is the one for many calls at once), `memory_http_client` (the fake), then the
decorators, each an `HttpClient` around an `HttpClient`: `retrying_http_client`,
`circuit_breaking_http_client`, `rate_limited_http_client`, `bulkhead_http_client`,
`authenticated_http_client`, `monitored_http_client`, `discovering_http_client`,
`caching_http_client` (it keeps answers by RFC 9111, through `hishel_rules`).
What they decide, without any I/O, is in `decisions`; `make_resilient` stacks them
in the right order. `registry_api_gateway` is one door to all services of a
registry; `json_user_directory` and its two neighbours turn three APIs of three
shapes into one shape of the domain.
"""
