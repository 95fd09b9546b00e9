"""What every endpoint of our API shares: keys and scopes, problem answers, paging."""
