"""What every test has."""

import hypothesis

# Its first import must not happen inside a greenlet of pytest-twisted: Python 3.11 then miscounts its recursion depth.
assert hypothesis

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("callcenter", deadline=None)
hypothesis.settings.load_profile("callcenter")

pytest_plugins = [
    "tests.browsing",
    "tests.database_fixtures",
    "tests.pbx_fixtures",
    "tests.postgres_fixtures",
    "tests.prometheus_fixtures",
    "tests.redis_fixtures",
]
