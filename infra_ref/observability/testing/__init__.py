"""What tests use in place of a logger."""
