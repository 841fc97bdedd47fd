"""People as agents.yaml may have them, for property tests."""

from argon2 import PasswordHasher
from hypothesis import strategies as st

from callcenter.admin.files import AgentEntry, AgentsFile

A_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("a password")

_names = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
_labels = st.from_regex(r"[^\W_][^\x00-\x1f\x7f]{0,20}", fullmatch=True).filter(
    lambda text: text == text.strip() and not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)
)
_levels = st.dictionaries(_names, st.integers(1, 10), max_size=4)
_roles = st.lists(st.sampled_from(["agent", "supervisor", "admin", "viewer"]), unique=True)


@st.composite
def people(draw: st.DrawFn) -> AgentsFile:
    ids = draw(st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,12}", fullmatch=True), unique=True, max_size=5))
    return AgentsFile(
        agents=tuple(
            AgentEntry(
                id=id,
                name=draw(_labels),
                device=draw(st.none() | st.from_regex(r"PJSIP/[A-Za-z0-9_.-]{1,8}", fullmatch=True)),
                auto_answer=draw(st.sampled_from([None, "notify"])),
                skills=draw(_levels),
                queues=draw(_levels | st.dictionaries(_names, st.just(1), max_size=3)),
                password_hash=draw(st.sampled_from([None, A_HASH])),
                roles=tuple(draw(_roles)),
                queue_groups=tuple(draw(st.lists(_names, unique=True, max_size=2))),
            )
            for id in ids
        )
    )
