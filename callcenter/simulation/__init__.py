"""A world with virtual time for the pure core: callers, agents, a PBX with faults, and an auditor who trusts nobody.

One seed is one world: it draws its own call center, its own people and its own mix of faults, and the same seed always
gives the same run. `python -m callcenter.simulation --seed 7 --events 2000` runs one.
"""
