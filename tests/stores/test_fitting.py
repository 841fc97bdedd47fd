from callcenter.stores.fitting import fit
from callcenter.stores.tables import ContactTagRow, LogCursorRow


def test_texts_are_mended_and_cut_to_their_columns() -> None:
    assert fit(ContactTagRow, {"contact_id": "c" * 200, "tag": "a\0b\ud800"}) == {
        "contact_id": "c" * 127 + "\u2026",
        "tag": "a\ufffdb\ufffd",
    }


def test_what_is_missing_stays_so() -> None:
    assert fit(LogCursorRow, {"journal": None}) == {"journal": None}
