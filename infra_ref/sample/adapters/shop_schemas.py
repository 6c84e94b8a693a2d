"""What is stored of the shop's entities."""

from infra_ref.repository.schema import Schema
from infra_ref.sample.order import Order
from infra_ref.sample.user import User

USER = Schema(User, unique=("email",), unstored=("events",))
ORDER = Schema(Order, references={"user_id": User}, unstored=("events",))
