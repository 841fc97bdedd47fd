from callcenter.talks import Target
from callcenter.types import AgentId, QueueName


def test_a_target_says_in_words_what_it_is() -> None:
    targets = (Target(queue=QueueName("sales")), Target(agent=AgentId("ada")), Target(number="+4930123456"))
    assert [target.words for target in targets] == ["queue sales", "agent ada", "number +4930123456"]
