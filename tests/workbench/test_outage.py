"""The outage that the gateway's notebook steers: it counts right, and is the same each time."""

from __future__ import annotations

from infra_ref.backoff import Backoff
from infra_ref.contract import run
from infra_ref.gateway.decorators.retrying_http_client import RetryingHttpClient
from infra_ref.gateway.policies.retry_policy import RetryPolicy
from infra_ref.workbench.teaching.outage import Outage


def test_without_retries_the_peer_gets_what_users_ask() -> None:
    traffic = run(Outage(users=3, seconds=10, down=4).traffic(lambda inner, clock: inner))
    assert traffic.requests == (3,) * 10
    assert traffic.results == {"ServerFailed": 12, "Ok": 18}
    assert (traffic.total, traffic.worst) == (30, 3)


def test_with_retries_it_gets_up_to_three_times_that_and_what_is_open_is_told() -> None:
    policy = RetryPolicy(backoff=Backoff(jitter=0))
    outage = Outage(users=3, seconds=10, down=20)
    traffic = run(outage.traffic(lambda inner, clock: RetryingHttpClient(inner, policy=policy, clock=clock)))
    assert traffic.requests == (3, 3, 6, 6, 6, 6, 9, 9, 9, 9)
    assert traffic.results == {"ServerFailed": 15, "still waiting": 15}


def test_it_shows_itself() -> None:
    traffic = run(Outage(users=2, seconds=10, down=5).traffic(lambda inner, clock: inner, "no retries"))
    assert repr(traffic) == "no retries: 20 requests, by ten seconds [20]; 10 Ok, 10 ServerFailed"
    assert traffic._repr_html_().count("<rect") == 21


def test_a_peer_with_a_capacity_is_kept_down_by_retries() -> None:
    """The load is three times the users', and it stays so after the outage is over."""
    policy = RetryPolicy(backoff=Backoff(jitter=0))
    outage = Outage(users=20, seconds=50, down=20, capacity=30)
    alone = run(outage.traffic(lambda inner, clock: inner))
    assert alone.answered_late == 20 * 30
    stormy = run(outage.traffic(lambda inner, clock: RetryingHttpClient(inner, policy=policy, clock=clock)))
    assert stormy.answered_late == 0
    assert stormy.requests[-20:] == (60,) * 20
