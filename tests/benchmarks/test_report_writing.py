from benchmarks.report_writing import batches
from callcenter.commands import RecordContact
from callcenter.facts import RecordPart, RecordVisit
from callcenter.stores.codec import decode_record, encode_record


def test_batches_are_full_and_contacts_follow_each_other() -> None:
    work = list(batches(1_000_000, 3, 20))
    assert [len(records) for records in work] == [20, 20, 20]
    told = [record for records in work for record in records]
    assert [decode_record(encode_record(record)) for record in told] == told
    contacts = [record for record in told if isinstance(record, RecordContact)]
    assert len({one.contact for one in contacts}) == len(contacts) == 7
    assert [one.arrived_ms for one in contacts] == [1_000_000 + 100 * n for n in range(7)]
    visits = [record for record in told if isinstance(record, RecordVisit)]
    assert [one.ended_ms is None for one in visits[:4]] == [True, False, True, False]
    assert sum(isinstance(record, RecordPart) for record in told) == 7
