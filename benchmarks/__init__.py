"""Benchmarks: each is a module of its own, run by hand on a quiet machine. `python -m benchmarks` lists them."""
