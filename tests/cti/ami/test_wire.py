"""The wire format against what callers, networks and a real PBX do to it."""

from collections.abc import Iterator

import pytest
from asterisk.ami.event import Event as OracleEvent
from asterisk.ami.response import Response as OracleResponse
from hypothesis import given
from hypothesis import strategies as st

from callcenter.cti.ami.wire import LINE_LIMIT, Action, Decoder, Kind, Message, UnsafeValueError, WireError, encode
from tests.cti.captures import FOLDER

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def decode(*chunks: bytes) -> list[Message]:
    decoder = Decoder()
    return [message for chunk in (BANNER, *chunks) for message in decoder.feed(chunk)]


def one(data: bytes) -> Message:
    (message,) = decode(data)
    return message


class TestFrames:
    def test_event_and_response(self) -> None:
        event, response = decode(b"Event: Hangup\r\nCause: 16\r\n\r\nResponse: Success\r\nActionID: 7\r\n\r\n")
        assert (event.kind, event.name, event.get("Cause")) == (Kind.EVENT, "Hangup", "16")
        assert (response.kind, response.name, response.get("ActionID")) == (Kind.RESPONSE, "Success", "7")

    def test_banner_gives_the_version(self) -> None:
        decoder = Decoder()
        assert list(decoder.feed(BANNER[:10])) == []
        assert decoder.version is None
        assert list(decoder.feed(BANNER[10:])) == []
        assert decoder.version == "11.0.0"

    @pytest.mark.parametrize(
        "greeting", [b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 400\r\n", b"Asterisk Call Manager/" + b"1" * 300]
    )
    def test_another_server_is_refused_with_what_it_said(self, greeting: bytes) -> None:
        with pytest.raises(WireError, match="no Asterisk manager interface"):
            list(Decoder().feed(greeting))

    def test_repeated_headers_keep_every_value_and_get_gives_the_first(self) -> None:
        message = one(b"Event: Status\r\nVariable: A=1\r\nVariable: B=2\r\nVariable: C=\r\n\r\n")
        assert message.all("Variable") == ["A=1", "B=2", "C="]
        assert message.get("Variable") == "A=1"
        assert message.all("Nothing") == []
        assert message.get("Nothing", "x") == "x"

    def test_output_lines_of_a_command(self) -> None:
        message = one(b"Response: Success\r\nOutput: a: b\r\nOutput: \r\nOutput: last\r\n\r\n")
        assert message.all("Output") == ["a: b", "", "last"]

    @pytest.mark.parametrize("last", [b"Language: ", b"Language:"])
    def test_empty_last_header(self, last: bytes) -> None:
        first, second = decode(b"Event: A\r\n" + last + b"\r\n\r\nEvent: B\r\n\r\n")
        assert first.headers == {"Event": ["A"], "Language": [""]}
        assert second.name == "B"

    @pytest.mark.parametrize("text", ["a\nb", "a\u2028b\u2029c\x85\x0b\x0c\x1c", "a: b:c", "Event: A", "a\rb", " a "])
    def test_values_that_look_like_something_else(self, text: str) -> None:
        message = one(f"Event: Newchannel\r\nCallerIDName: {text}\r\nUniqueid: 1.2\r\n\r\n".encode())
        assert message.get("CallerIDName") == text
        assert message.get("Uniqueid") == "1.2"

    def test_invalid_utf8_becomes_a_mark_and_harms_no_neighbour(self) -> None:
        message = one(b"Event: A\r\nName: \xff\xe2\x80\r\nUniqueid: 1.2\r\n\r\n")
        assert message.get("Name") == "\ufffd\ufffd"
        assert message.get("Uniqueid") == "1.2"

    def test_a_character_split_across_segments(self) -> None:
        data = "Event: A\r\nName: Zoë 日本\r\n\r\n".encode()
        for cut in range(len(data)):
            (message,) = decode(data[:cut], data[cut:])
            assert message.get("Name") == "Zoë 日本"

    def test_a_header_of_20_kilobytes(self) -> None:
        assert len(one(b"Event: A\r\nBig: " + b"x" * 20_000 + b"\r\n\r\n").get("Big")) == 20_000

    def test_empty_frames_between_others_are_passed_over(self) -> None:
        assert [message.name for message in decode(b"Event: A\r\n\r\n\r\n\r\n\r\nEvent: B\r\n\r\n")] == ["A", "B"]

    def test_a_frame_of_another_kind(self) -> None:
        assert one(b"Hello\r\nthere: 1\r\n\r\n").kind is Kind.OTHER

    def test_it_says_what_it_is(self) -> None:
        assert repr(one(b"Event: A\r\n\r\n")) == "Message(Event: A, {'Event': ['A']})"


class TestBound:
    def test_a_frame_over_the_limit_is_an_error_whether_it_ends_or_not(self) -> None:
        for tail in (b"", b"\r\n\r\n"):
            decoder = Decoder(frame_limit=1_000)
            list(decoder.feed(BANNER))
            with pytest.raises(WireError, match="more than 1000 bytes"):
                list(decoder.feed(b"Event: A\r\nBig: " + b"x" * 1_000 + tail))

    def test_many_small_frames_in_one_segment_are_none(self) -> None:
        decoder = Decoder(frame_limit=100)
        assert len(list(decoder.feed(BANNER + b"Event: A\r\n\r\n" * 1_000))) == 1_000


class TestUnwantedEvents:
    def test_they_are_counted_and_not_decoded(self) -> None:
        decoder = Decoder(wanted=["Hangup"])
        data = (
            b"Event: VarSet\r\nA: 1\r\n\r\nEvent: Hangup\r\n\r\nResponse: Success\r\n\r\nEvent: HangupRequest\r\n\r\n"
        )
        assert [message.name for message in decoder.feed(BANNER + data)] == ["Hangup", "Success"]
        assert decoder.skipped == 2


KEYS = st.from_regex(r"[A-Za-z][A-Za-z0-9\-]{0,12}", fullmatch=True)
VALUES = st.text(st.characters(exclude_characters="\r", codec="utf-8"), max_size=40)
FRAMES = st.lists(st.tuples(KEYS, VALUES), max_size=8)


@given(st.lists(FRAMES, max_size=6), st.lists(st.integers(1, 40), max_size=20))
def test_any_chunks_give_what_one_segment_gives(frames: list[list[tuple[str, str]]], sizes: list[int]) -> None:
    data = b"".join(
        ("Event: E\r\n" + "".join(f"{key}: {value}\r\n" for key, value in frame) + "\r\n").encode() for frame in frames
    )
    whole = decode(data)
    assert len(whole) == len(frames)
    for message, frame in zip(whole, frames, strict=True):
        for key in {key for key, _ in frame} - {"Event"}:
            assert message.all(key) == [value for name, value in frame if name == key]
    assert [repr(message) for message in decode(*cut(data, sizes))] == [repr(message) for message in whole]


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    for size in sizes:
        yield data[:size]
        data = data[size:]
    yield data


# Another implementation as the oracle, on what both should understand: asterisk-ami's reader takes the last of repeated
# keys, strips values, and knows no line end but those that `splitlines` knows.
PLAIN = st.text(st.characters(categories=("L", "N", "P"), exclude_characters=":="), min_size=1, max_size=30)
# The oracle makes something of its own of these.
PLAIN_KEYS = KEYS.filter(lambda key: key not in ("Event", "Response") and "Variable" not in key)


@given(PLAIN, st.dictionaries(PLAIN_KEYS, PLAIN, max_size=8), st.booleans())
def test_asterisk_ami_reads_the_same(name: str, headers: dict[str, str], is_event: bool) -> None:
    kind, oracle = ("Event", OracleEvent) if is_event else ("Response", OracleResponse)
    text = f"{kind}: {name}\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    ours = one(text.encode() + b"\r\n")
    theirs = oracle.read(text)
    assert ours.name == (theirs.name if is_event else theirs.status)
    assert {key: values[-1] for key, values in ours.headers.items() if key != kind} == theirs.keys


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_a_real_stream_byte_by_byte_is_the_same_as_in_one(path: object) -> None:
    data = FOLDER.joinpath(str(path)).read_bytes()
    whole, bytewise = Decoder(), Decoder()
    expected = [repr(message) for message in whole.feed(data)]
    assert [repr(message) for byte in data for message in bytewise.feed(bytes([byte]))] == expected
    assert len(expected) == data.count(b"\r\n\r\n")


class TestEncode:
    def test_an_action_with_variables(self) -> None:
        action = Action("Originate", {"ActionID": "o:ring", "Channel": "PJSIP/1"}, {"A": "1", "B": "2"})
        assert encode(action) == (
            b"Action: Originate\r\nActionID: o:ring\r\nChannel: PJSIP/1\r\nVariable: A=1\r\nVariable: B=2\r\n\r\n"
        )

    @pytest.mark.parametrize("bad", ["a\rb", "a\nb", "a\r\n\r\nAction: Logoff", "a\0b"])
    def test_line_ends_and_nul_are_refused_wherever_they_stand(self, bad: str) -> None:
        for action in (
            Action(bad),
            Action("Hangup", {"Channel": bad}),
            Action("Hangup", {bad: "x"}),
            Action("Originate", {}, {"A": bad}),
            Action("Originate", {}, {bad: "x"}),
        ):
            with pytest.raises(UnsafeValueError, match="can't be sent"):
                encode(action)

    def test_the_refusal_names_action_header_and_fault(self) -> None:
        with pytest.raises(UnsafeValueError, match="header 'Channel' of action 'Hangup' holds a line feed"):
            encode(Action("Hangup", {"Channel": "a\nb"}))

    def test_a_comma_would_start_another_variable(self) -> None:
        with pytest.raises(UnsafeValueError, match="comma"):
            encode(Action("Originate", {}, {"A": "1,B=2"}))

    def test_a_line_longer_than_asterisk_takes(self) -> None:
        with pytest.raises(UnsafeValueError, match=f"Asterisk takes {LINE_LIMIT}"):
            encode(Action("Setvar", {"Value": "x" * LINE_LIMIT}))

    @given(st.dictionaries(KEYS, st.text(max_size=60), max_size=5))
    def test_what_is_sent_can_only_be_read_as_what_was_meant(self, headers: dict[str, str]) -> None:
        headers = {key: value for key, value in headers.items() if key != "Action"}
        try:
            data = encode(Action("A", headers))
        except UnsafeValueError:
            assert any(character in value for value in headers.values() for character in "\r\n\0")
            return
        read = one(data).headers
        assert read == {"Action": ["A"]} | {
            key: [value.encode(errors="replace").decode()] for key, value in headers.items()
        }
