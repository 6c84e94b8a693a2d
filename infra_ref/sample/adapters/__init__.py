"""What the shop needs from the outside, each on one technology."""
