"""A laboratory: a real PBX, SIP callers and SIP phones, for the demo, the tests and the benchmarks.

Nothing in `callcenter` imports it. Everything here runs on the loopback interface, on ports of its own, is bounded in
time and count, and ends with the process that started it.

install.py, pbx.py    a real Asterisk
sipp.py, scenarios/   SIP callers and phones
simulated*.py         a PBX that is none, where a real one can't be had
daemon_process.py     the real daemon as a process of its own
center.py             settings in a folder, that daemon, and agents who work over its HTTP API, for tests and benchmarks
demo*.py              all of it as one command
"""
