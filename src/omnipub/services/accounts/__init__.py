"""Connected accounts: connect, check, hold, and refresh their tokens."""
