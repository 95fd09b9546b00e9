"""What attackers and clumsy people tried."""
