"""IR005: a port that repeats the methods of one product."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import is_port
from infra_ref.workbench.linting.finding import Hit, Rule
from infra_ref.workbench.linting.module import FUNCTIONS, Module

VENDORS = {
    "Redis": """hget hset hdel hgetall hincrby hmget hmset lpush rpush lpop rpop lrange llen blpop brpop sadd srem
        smembers sismember zadd zrange zrem zscore zrangebyscore setex setnx getset mget mset incrby decrby expireat
        pexpire pttl xadd xread xack xreadgroup xgroup_create pfadd evalsha psubscribe""",
    "S3": """put_object get_object delete_object delete_objects head_object copy_object list_objects list_objects_v2
        generate_presigned_url create_multipart_upload upload_part complete_multipart_upload create_bucket upload_fileobj
        download_fileobj""",
    "DynamoDB": "put_item get_item update_item delete_item batch_write_item batch_get_item transact_write_items",
    "SQS": "send_message receive_message delete_message send_message_batch change_message_visibility get_queue_url",
    "SQLAlchemy": "execute scalars scalar flush merge refresh expunge rollback begin_nested add_all expire_all",
    "asyncpg": "fetch fetchrow fetchval execute executemany copy_records_to_table add_listener",
    "MongoDB": """find_one find_one_and_update find_one_and_delete insert_one insert_many update_one update_many
        delete_one delete_many replace_one count_documents aggregate create_index bulk_write""",
    "Kafka": "poll commit seek assign produce flush list_topics subscribe offsets_for_times getone getmany",
    "RabbitMQ": """queue_declare exchange_declare queue_bind basic_publish basic_consume basic_ack basic_nack basic_qos
        basic_get declare_queue declare_exchange""",
    "Elasticsearch": "index search bulk msearch scroll update_by_query delete_by_query mget put_mapping create_index",
    "Stripe": "create_payment_intent confirm_payment_intent capture_payment_intent create_setup_intent create_charge",
}
_WORDS = {vendor: set(words.split()) for vendor, words in VENDORS.items()}
_OWN = {
    *(
        "execute",
        "flush",
        "merge",
        "refresh",
        "rollback",
        "commit",
        "poll",
        "seek",
        "subscribe",
        "index",
        "search",
    ),
    *("bulk", "fetch", "scalar", "assign", "produce", "aggregate", "send_message", "mget", "scroll"),
}
"""Words that are the field's as well: they count, but not alone."""


def find(module: Module) -> Iterator[Hit]:
    """Find a Protocol or an abstract class most of whose methods are one vendor's."""
    for node in module.all(ast.ClassDef):
        if not is_port(node):
            continue
        names = {one.name for one in node.body if isinstance(one, FUNCTIONS) and not one.name.startswith("_")}
        for vendor, words in _WORDS.items():
            shared = names & words
            if len(shared) >= 3 and len(shared) * 2 >= len(names) and shared - _OWN:
                yield node, f"{len(shared)} of its {len(names)} methods are those of {vendor}"
                break


RULE = Rule(
    code="IR005",
    name="port_mirrors_vendor",
    why="A port in the words of one product can be kept by that product only, so it hides nothing and nothing else fits.",
    fix="Name what the caller needs, such as `remember(basket)`, and leave the product's commands to its adapter.",
    unseen="Vendors that it has no words of; names that were changed a little, such as set_hash for hset.",
    find=find,
    words=("Protocol", "ABC"),
)
