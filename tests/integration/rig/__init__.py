"""What the integration tests stand on: the daemon, Redis, and clients."""
