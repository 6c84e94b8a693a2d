"""What the Redis Streams queue is made of: its lease, and messages as entries."""
