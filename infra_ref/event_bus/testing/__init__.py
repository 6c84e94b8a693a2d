"""What contracts and tests use: faults, and the search for a schedule that breaks a design."""
