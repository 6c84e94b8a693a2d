# bad: in front of the commit
async def place(session, bus, order):
    session.add(order)
    await bus.publish(OrderPlaced(order.id))  # <-
    await session.commit()

# bad: inside the transaction's block
from sqlalchemy.ext.asyncio import AsyncSession

async def place(session: AsyncSession, event_bus, order):
    async with session.begin():
        session.add(order)
        await event_bus.publish(OrderPlaced(order.id))  # <-

# bad: a unit of work
class PlaceOrder:
    def __init__(self, uow: UnitOfWork, publisher: EventPublisher):
        self.uow, self.publisher = uow, publisher

    async def __call__(self, order):
        async with self.uow:
            await self.uow.orders.create(order)
            await self.publisher.publish_batch(order.events)  # <-
            await self.uow.commit()

# bad: one call deep
class Service:
    async def place(self, order):
        self.session.add(order)
        await self._tell(order)  # <-
        await self.session.commit()

    async def _tell(self, order):
        await self.bus.publish(OrderPlaced(order.id))

# bad: a broker's producer
from aiokafka import AIOKafkaProducer

async def place(session, kafka: AIOKafkaProducer, order):
    session.add(order)
    await kafka.send_and_wait("orders", order.to_bytes())  # <-
    await session.commit()

# bad: a task of Celery inside atomic
from django.db import transaction
from shop.tasks import send_receipt

def pay(order):
    with transaction.atomic():
        order.pay()
        order.save()
        send_receipt.delay(order.id)  # <-

# bad: only in one branch
async def pay(session, bus, order, notify):
    session.add(order)
    if notify:
        await bus.publish(OrderPaid(order.id))  # <-
    await session.commit()

# bad: in a loop
async def pay_all(session, bus, orders):
    for order in orders:
        order.pay()
        await bus.publish(OrderPaid(order.id))  # <-
    await session.commit()

# bad: a connection
import asyncpg

async def pay(conn: asyncpg.Connection, broker, order_id):
    async with conn.transaction():
        await conn.execute("UPDATE orders SET paid = true WHERE id = $1", order_id)
        await broker.publish("order.paid", order_id)  # <-

# good: behind the commit
# mutant: await session.commit() => pass  // await bus.publish(OrderPlaced(order.id)) => await bus.publish(OrderPlaced(order.id)); await session.commit()
async def place(session, bus, order):
    session.add(order)
    await session.commit()
    await bus.publish(OrderPlaced(order.id))

# good: behind the block
# mutant: async with session.begin():\n        session.add(order) => async with session.begin():\n        session.add(order)\n        await bus.publish(order)
async def place(session, bus, order):
    async with session.begin():
        session.add(order)
    await bus.publish(OrderPlaced(order.id))

# good: an outbox in the same transaction
# mutant: outbox => bus
async def place(session, outbox, order):
    session.add(order)
    await outbox.publish(OrderPlaced(order.id))
    await session.commit()

# good: the session is given along, so it is written with the rest
# mutant: , session=session) => )
async def place(session, bus, order):
    session.add(order)
    await bus.publish(OrderPlaced(order.id), session=session)
    await session.commit()

# good: on commit
# mutant: transaction.on_commit(lambda: send_receipt.delay(order.id)) => send_receipt.delay(order.id)
from django.db import transaction
from shop.tasks import send_receipt

def pay(order):
    with transaction.atomic():
        order.save()
        transaction.on_commit(lambda: send_receipt.delay(order.id))

# good: another way out
# mutant: return\n => pass\n
async def place(session, bus, order):
    if order.is_trial:
        await bus.publish(TrialAsked(order.id))
        return
    session.add(order)
    await session.commit()

# good: one branch or the other
# mutant: else:\n        session.add(order)\n        await => session.add(order)\n    await
async def close(session, bus, order):
    if order.is_empty:
        await bus.publish(NothingToClose(order.id))
    else:
        session.add(order)
        await session.commit()

# good: nothing is committed here
# mutant: logger.info("published") => await session.commit()
async def relay(bus, logger, events, session):
    for event in events:
        await bus.publish(event)
    logger.info("published")

# good: the message says that the first commit happened; the second is the next round's
# mutant: await session.commit()\n        await bus => await bus
async def work(session, bus, jobs):
    for job in jobs:
        session.add(job)
        await session.commit()
        await bus.publish(JobDone(job.id))
    await session.commit()

# good: a relay commits that it has sent, so that a crash sends twice rather than never
# mutant: EventRelay => EventSender
class EventRelay:
    def run(self, uow, producer):
        with uow:
            events = uow.repository.unsent()
            for event in events:
                producer.produce(event)
            self.acknowledge(events)
            uow.commit()

# good: a page of a site is published, not a message
# mutant: publish(user=self.user) => publish(event=self.user)
from django.db import transaction

class CreateAction:
    @transaction.atomic
    def execute(self, revision):
        with transaction.atomic():
            revision.save()
            revision.publish(user=self.user)

# good: a commit of something else, in a branch of its own
# mutant: session.query(Command).update(command)\n        session => session
async def count(session, bus, hosts, command):
    for host in hosts:
        await bus.publish(host)
    if command:
        session.query(Command).update(command)
        session.commit()
