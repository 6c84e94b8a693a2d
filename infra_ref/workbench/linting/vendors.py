"""What the rules know of other people's libraries: their packages, their types, their words."""

from __future__ import annotations

import re
from typing import Final

from infra_ref.workbench.linting.syntax import words

PACKAGES: Final = words("""
    aio_pika aiobotocore aiohttp aiokafka aioredis asyncpg azure boto3 botocore bson cassandra celery
    confluent_kafka django elasticsearch falcon fastapi flask google grpc httpx kafka kombu litestar motor
    mysql nats opensearchpy peewee pika psycopg psycopg2 pymongo pymysql redis requests rest_framework sanic
    sendgrid sqlalchemy sqlite3 sqlmodel starlette stripe tornado tortoise twilio urllib3 werkzeug
""")
"""Packages whose types no port should name; of Google's, those of its cloud."""

PRODUCTS: Final = {
    package: words(products)
    for packages, products in {
        "bson motor pymongo": "mongo",
        "asyncpg psycopg psycopg2": "postgres pg",
        "aiokafka confluent_kafka": "kafka",
        "aio_pika pika": "rabbit amqp",
        "google": "bigquery firestore gcs google pubsub",
        "aiobotocore boto3 botocore": "aws dynamo s3 sns sqs",
        "sqlalchemy sqlmodel": "alchemy sqlmodel database session engine",
    }.items()
    for package in packages.split()
}
"""How classes are named for what a package is a client of, where that is not the package's own name."""


def vendor_of(name: str) -> str:
    """Return the package of a vendor that a dotted name is from, "" for none."""
    package = name.partition(".")[0]
    if package == "google" and not name.startswith("google.cloud."):
        return ""
    return package if package in PACKAGES or package.startswith("mypy_boto3") else ""


DATABASES: Final = words("""
    aiosqlite asyncpg databases django mysql oracledb peewee psycopg psycopg2 pymysql sqlalchemy sqlite3
    sqlmodel tortoise
""")

DATABASE_TYPES: Final = re.compile(
    r"^sqlalchemy\.(\w+\.)*(Row|RowMapping|(Scalar|Cursor|Async)?Result|Query|Select|(Async)?Session|Connection)$"
    r"|^(sqlite3|aiosqlite)\.(Row|Cursor)$|^asyncpg\.(\w+\.)*Record$|^psycopg2?\.(\w+\.)*(Async)?[cC]ursor$"
    r"|^django\.db\.models\.(\w+\.)*QuerySet$|^pymongo\.(\w+\.)*(Async|Command)?Cursor$"
    r"|^peewee\.(ModelSelect|Query)$|^(DatabaseResultSet|ResultSet)$"
)

CLIENTS: Final = re.compile(
    r"^(httpx2?\.(Async)?Client|aiohttp\.(\w+\.)?ClientSession|requests\.(\w+\.)?[sS]ession"
    r"|boto3\.(client|resource)|(redis|valkey|aioredis)\.(\w+\.)*(Strict)?(Redis|ConnectionPool)(\.from_url)?"
    r"|(redis|valkey|aioredis)\.(\w+\.)*from_url|sqlalchemy\.(\w+\.)*create_(async_)?engine"
    r"|asyncpg\.(create_pool|connect)|psycopg2?\.(\w+\.)*connect|psycopg_pool\.\w+"
    r"|(pymongo|motor)\.(\w+\.)*\w*MongoClient|aiokafka\.AIOKafkaProducer|kafka\.KafkaProducer"
    r"|aio_pika\.connect(_robust)?|nats\.connect|elasticsearch\.(Async)?Elasticsearch)$"
)
"""What is made once and used for many calls."""

METHODS: Final = {
    "Redis": words("""
        hget hset hdel hgetall hincrby hmget hmset lpush rpush lpop rpop lrange llen blpop brpop sadd srem
        smembers sismember zadd zrange zrem zscore zrangebyscore setex setnx getset mget mset incrby decrby
        expireat pexpire pttl xadd xread xack xreadgroup xgroup_create pfadd evalsha psubscribe
    """),
    "S3": words("""
        put_object get_object delete_object delete_objects head_object copy_object list_objects
        list_objects_v2 generate_presigned_url create_multipart_upload upload_part complete_multipart_upload
    """),
    "DynamoDB": words("""
        put_item get_item update_item delete_item batch_write_item batch_get_item transact_write_items
    """),
    "SQS": words("""
        send_message receive_message delete_message send_message_batch change_message_visibility get_queue_url
    """),
    "SQLAlchemy": words("""
        execute scalars scalar flush merge refresh expunge rollback begin_nested add_all expire_all
    """),
    "asyncpg": words("fetch fetchrow fetchval execute executemany copy_records_to_table add_listener"),
    "MongoDB": words("""
        find_one find_one_and_update insert_one insert_many update_one update_many delete_one delete_many
        replace_one count_documents aggregate create_index bulk_write
    """),
    "Kafka": words("""
        poll commit seek assign produce flush list_topics subscribe offsets_for_times getone getmany
    """),
    "RabbitMQ": words("""
        queue_declare exchange_declare queue_bind basic_publish basic_consume basic_ack basic_nack basic_qos
        basic_get declare_queue declare_exchange
    """),
    "Elasticsearch": words("""
        index search bulk msearch scroll update_by_query delete_by_query mget put_mapping create_index
    """),
    "Stripe": words("""
        create_payment_intent confirm_payment_intent capture_payment_intent create_setup_intent create_charge
    """),
}
"""The methods of one vendor's client."""

SHARED_WORDS: Final = words("""
    aggregate assign bulk commit delete_item execute fetch flush get_item index merge mget poll produce
    refresh rollback scalar scroll search seek send_message subscribe update_item
""")
"""Those of them that are the field's own as well: they count, but not alone."""
