"""The promises of notification."""
