"""Tones played and heard over RTP, without a PBX between."""

import asyncio
import math

import pytest

from lab.audio import AMPLITUDE, AUDIBLE, RATE_HZ, amplitude_of, from_ulaw, handset, to_ulaw, until_heard
from tests.helpers import run_async


def wave(tone_hz: int, amplitude: int = AMPLITUDE, count: int = 4_000) -> list[int]:
    return [round(amplitude * math.sin(2 * math.pi * tone_hz * number / RATE_HZ)) for number in range(count)]


def test_u_law_keeps_a_sample_within_its_step() -> None:
    for sample in (-32_000, -5_000, -100, -1, 0, 1, 37, 1_000, 8_031, 32_635):
        assert abs(from_ulaw(to_ulaw(sample)) - sample) <= max(4, abs(sample) // 16)
    assert all(to_ulaw(from_ulaw(code)) in (code, 0xFF) for code in range(256))  # two codes are zero


@pytest.mark.parametrize("tone_hz", [600, 1_000, 1_400])
def test_only_the_tones_that_are_played_are_heard(tone_hz: int) -> None:
    mixed = [first + second for first, second in zip(wave(600), wave(1_400), strict=True)]
    heard = amplitude_of([from_ulaw(to_ulaw(sample)) for sample in mixed], tone_hz)
    assert heard == pytest.approx(0 if tone_hz == 1_000 else AMPLITUDE, abs=200)
    assert amplitude_of([], tone_hz) == 0


@run_async
async def test_a_handset_answers_with_its_tone_once_it_hears_something() -> None:
    async with handset(600) as one, handset(1_000) as other:
        assert not other.hears(600)
        loop = asyncio.get_running_loop()
        first, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
        first.sendto(b"\x80\xc8" + bytes(30), ("127.0.0.1", one.port))  # RTCP: no sound
        first.sendto(b"\x80\x00" + bytes(10) + b"\xff" * 160, ("127.0.0.1", one.port))
        first.close()
        one._playing = loop.create_task(one._play(("127.0.0.1", other.port)))
        await until_heard(lambda: other.hears(600) and one.hears(1_000), "each other")
        assert other.amplitude(600) > AUDIBLE
        assert not other.hears(1_000)


@run_async
async def test_silence_is_said_in_words() -> None:
    with pytest.raises(AssertionError, match=r"not heard within 0\.1 s: the sea"):
        await until_heard(lambda: False, "the sea", limit_s=0.1)
