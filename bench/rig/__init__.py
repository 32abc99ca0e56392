"""What the bench starts: servers, the keys to them, and clients."""
