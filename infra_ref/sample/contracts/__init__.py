"""What the shop relies on, as numbered rules."""
