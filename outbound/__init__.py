"""HTTP to addresses that somebody else has named: pure Python, and nothing of Parley below it."""
