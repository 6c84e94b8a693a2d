"""Event bus: what happened reaches those who care, in order, at least once, and its effect once.

Reading path: `port`, `memory_bus`, `queue_port`, `delivery/worker`, `delivery/settlement`.

Then `queue_bus`, `redis_streams_queue`, `jetstream_queue`; `outbox_port`, `sql_outbox`, `relay`, `sql_inbox`;
`store_port`, `sql_event_store`; `testing/schedule_search`, which finds the crash that breaks a design.
"""
