"""Earlier and later code on one table: what it holds is recorded, and the code of before works on it."""
