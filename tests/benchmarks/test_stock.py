from benchmarks import stock


def test_every_agent_is_a_static_member_of_the_queue() -> None:
    queues = stock.configuration(["1001", "1002"])["queues.conf"]

    assert "member => PJSIP/1001\nmember => PJSIP/1002\n" in queues


def test_number_leads_into_the_queue_by_way_of_the_same_ivr() -> None:
    dialplan = stock.configuration([])["extensions.conf"]

    assert f"exten => {stock.DIALLED},1,Gosub(ivr,s,1)\n" in dialplan
    assert f"Queue({stock.NAME})" in dialplan


def test_settings_are_told_in_one_line() -> None:
    assert "retry=1" in stock.described()
    assert "\n" not in stock.described()
