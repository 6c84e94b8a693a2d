"""Pure decisions that the adapters share: no store is asked here."""
