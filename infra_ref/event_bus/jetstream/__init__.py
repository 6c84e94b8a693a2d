"""What the JetStream queue is made of: its lease, and messages with headers."""
