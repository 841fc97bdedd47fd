import pytest

from callcenter.routing.talk import TALK_TABLE, Talk, TalkTrigger
from callcenter.talks import TalkState


@pytest.mark.parametrize("state", TalkState)
def test_every_trigger_has_a_row_in_every_state(state: TalkState) -> None:
    assert set(TALK_TABLE.rows[state]) == set(TalkTrigger)


def test_a_talk_is_held_and_resumed() -> None:
    talk = Talk(0)
    for trigger, state in ((TalkTrigger.HOLD, TalkState.HELD), (TalkTrigger.RESUME, TalkState.TALKING)):
        talk.move(trigger)
        assert talk.state is state
