"""The address that Microsoft's booking pages ask, answered for ours (S1.13-S1.39): anonymous, read-only."""
