"""A laboratory: a real PBX, SIP callers and SIP phones, for the demo, the tests and the benchmarks.

Nothing in `callcenter` imports it. Everything here runs on the loopback interface, on ports of its own, is bounded in
time and count, and ends with the process that started it.

install.py, pbx.py    a real Asterisk
sipp.py, scenarios/   SIP callers and phones
simulated*.py         a PBX that is none, where a real one can't be had
center.py             settings in a folder, the real daemon as a process, agents who work over its HTTP API
"""
