# bad: the text's own
class UserRepository:
    async def update_user(self, user: User) -> None:
        if user.age < 18:  # <-
            raise ValueError("User must be 18 or older")
        await self.database.users.update(user)

# bad: a state
class OrderRepository:
    async def save(self, order):
        if order.status != "paid":  # <-
            raise ValueError("only paid orders are shipped")
        await self.session.merge(order)

# bad: a member of an enumeration
class OrderRepository:
    async def delete(self, order):
        if order.state == State.SHIPPED:  # <-
            raise TooLate(order.id)
        await self.session.delete(order)

# bad: a discount
class OrderRepository:
    async def create(self, order):
        order.total = order.subtotal * 0.9  # <-
        self.session.add(order)

# bad: points
class UserRepository:
    async def save(self, user):
        user.points += 10  # <-
        await self.session.merge(user)

# bad: a refusal as a result
class AccountRepository:
    async def update(self, account):
        if account.balance < 0:  # <-
            return Err(Overdrawn(account.id))
        return await self.session.merge(account)

# bad: a gateway
class PaymentGateway:
    async def create(self, order: Order):
        if order.total > 10_000:  # <-
            raise NeedsApproval(order.id)
        return await self.http.post("/charges", order.to_json())

# bad: a part of the entity
class OrderRepository:
    async def save(self, order):
        if order.customer.credit < 100:  # <-
            raise NoCredit(order.id)
        await self.session.merge(order)

# bad: joined with another condition
class OrderRepository:
    async def save(self, order):
        if order.lines and order.weight > 30:  # <-
            raise TooHeavy(order.id)
        await self.session.merge(order)

# bad: the state of what it has loaded
class OrderRepository:
    async def cancel(self, order_id):
        order = await self.session.get(Order, order_id)
        if order.status == Status.SHIPPED:  # <-
            raise TooLate(order_id)
        order.status = Status.CANCELLED

# bad: the same, through a method of its own
class ExperimentStore:
    def add_tag(self, key, tag):
        experiment = self._get_experiment(key)
        if experiment.stage != "active":  # <-
            raise ValueError("only an active experiment takes tags")
        self.write(key, tag)

# good: the entity decided already
# mutant: await self.session.merge(user) => if user.age < 18: raise ValueError(user)
class UserRepository:
    async def save(self, user):
        await self.session.merge(user)

# good: a version is the store's business
# mutant: order.version => order.weight
class OrderRepository:
    async def update(self, order):
        if order.version == 0:
            raise NeverStored(order.id)
        await self.session.merge(order)

# good: what the peer answered
# mutant: response => order // status_code => weight
class OrderGateway:
    async def create(self, order, response):
        if response.status_code >= 400:
            raise Refused(order.id)

# good: the domain may
# mutant: class Order: => class OrderRepository:
class Order:
    def save(self, user):
        if user.age < 18:
            raise TooYoung(user.id)

# good: the type is checked, not the business
# mutant: not isinstance(order, Order) => order.weight > 30
class OrderRepository:
    async def save(self, order):
        if not isinstance(order, Order):
            raise TypeError("save wants an Order")
        await self.session.merge(order)

# good: dispatch
# mutant: return await self.large.put(picture) => raise TooLarge(picture)
class PictureStorage:
    async def save(self, picture):
        if picture.weight > 1_000_000:
            return await self.large.put(picture)
        return await self.small.put(picture)

# good: absent
# mutant: order.customer is None => order.weight > 30
class OrderRepository:
    async def save(self, order):
        if order.customer is None:
            raise ValueError("an order has a customer")
        await self.session.merge(order)

# good: a limit of the technology
# mutant: options.batch_size => order.weight
class OrderRepository:
    async def save(self, order, options):
        if options.batch_size > 1000:
            raise ValueError("at most 1000 at once")
        await self.session.merge(order)

# good: a port's promise
# mutant: (Protocol) =>
from typing import Protocol

class OrderRepository(Protocol):
    async def save(self, order):
        if order.weight > 30:
            raise TooHeavy(order.id)

# good: a reader counts nothing
# mutant: found = order.total * 2 => order.total = order.subtotal * 2
class OrderRepository:
    async def save(self, order):
        found = order.total * 2
        await self.session.merge(order, found)

# good: dispatch by two values, and a third is a mistake
# mutant: case "open":\n                self.session.add(order)\n            case _ => case _
class OrderRepository:
    async def save(self, order):
        match order.status:
            case "paid":
                await self.session.merge(order)
            case "open":
                self.session.add(order)
            case _:
                raise ValueError(order.status)

# good: nothing to do
# mutant: order.state == "draft" => order.weight > 30
class OrderRepository:
    async def save(self, order):
        if order.state == "draft":
            return
        await self.session.merge(order)

# good: yes and no, as a column has them
# mutant: 1 if => 0.9 if
class UserRepository:
    async def save(self, user):
        confirmed = 1 if user.confirmed else 0
        await self.pool.execute("UPDATE users SET confirmed = $1", confirmed)

# good: the client of something else
# mutant: LogClient => PaymentClient
class LogClient:
    async def create(self, payment):
        if payment.amount > 10_000:
            raise ValueError("too long for a line")

# good: none of it
# mutant: order.weight <= 0 => order.weight > 30
class OrderRepository:
    async def save(self, order):
        if order.weight <= 0:
            return
        await self.session.merge(order)

# good: what it has loaded is counted up by what was asked for
# mutant: record.used += amount => if record.used > 100: raise TooMany(user_id)
class UsageStore:
    async def add(self, user_id, amount):
        record = await self.session.get(Usage, user_id)
        record.used += amount

# good: what the database answered
# mutant: result.rowcount => order.weight // result = => order =
class OrderRepository:
    async def touch(self, order_id):
        result = await self.session.execute(select(Order).where(Order.id == order_id))
        if result.rowcount == 0:
            raise Missing(order_id)

# good: a manager that is a use case, not a table's
# mutant: from shop import models => from django.db import models
from shop import models

class VolumeManager(models.Manager):
    def attach(self, volume):
        if volume.state == "in-use":
            raise InUse(volume.id)
        volume.save()
