"""A laboratory: a real PBX, SIP callers and SIP phones, for the demo, the tests and the benchmarks.

Nothing in `callcenter` imports it. Everything here runs on the loopback interface, on ports of its own, is bounded in time
and count, and ends with the process that started it.
"""
