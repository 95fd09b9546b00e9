"""What every endpoint of our own API shares: keys and scopes, problem answers, paging, limits, idempotency."""
