"""The ear and the mouth of a phone that SIPp plays: an RTP end that plays a tone and knows which tones it hears.

SIPp does the signalling with this end's port as the media port of its scenario. The tone begins once the PBX has sent
something, to where that came from. What is heard is measured by Goertzel's algorithm (G. Goertzel, 1958) over the last
half second, so a test asks "does the customer hear the supervisor?" and not what the PBX believes to have connected.
"""

import asyncio
import contextlib
import math
import random
import socket
import struct
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import cast

RATE_HZ = 8_000
PACKET_SAMPLES = 160  # 20 ms, as every phone sends
WINDOW_PACKETS = 25
AMPLITUDE = 4_000  # of 32,767: three of them together are not clipped
AUDIBLE = AMPLITUDE / 8  # what is weaker than an eighth of a tone is none
_PCMU = 0
_BIAS, _CLIP = 0x84, 32_635


def to_ulaw(sample: int) -> int:
    """A sample of 16 bits as G.711 µ-law."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 0x0F) & 0xFF


def from_ulaw(code: int) -> int:
    code = ~code & 0xFF
    magnitude = ((code & 0x0F) << 3 | _BIAS) << (code >> 4 & 7)
    return _BIAS - magnitude if code & 0x80 else magnitude - _BIAS


_SAMPLES = [from_ulaw(code) for code in range(256)]


def amplitude_of(samples: list[int], tone_hz: float) -> float:
    """The amplitude that this tone has in the samples."""
    if not samples:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * tone_hz / RATE_HZ)
    one, two = 0.0, 0.0
    for sample in samples:
        one, two = sample + turn * one - two, one
    power = one * one + two * two - turn * one * two
    return 2 * math.sqrt(max(0.0, power)) / len(samples)


class Handset(asyncio.DatagramProtocol):
    """Plays `tone_hz` to whoever sends to `port`, a multiple of 50 Hz so that each packet goes on where one ended."""

    def __init__(self, tone_hz: int) -> None:
        self.tone_hz = tone_hz
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._heard: deque[tuple[float, bytes]] = deque(maxlen=WINDOW_PACKETS)
        self._playing: asyncio.Task[None] | None = None
        wave = (2 * math.pi * tone_hz * number / RATE_HZ for number in range(PACKET_SAMPLES))
        self._packet = bytes(to_ulaw(round(AMPLITUDE * math.sin(angle))) for angle in wave)

    @property
    def plays(self) -> bool:
        """Whether it knows whom to play to: of two ends that both wait for the other, neither would ever begin."""
        return self._playing is not None

    def hears(self, tone_hz: int) -> bool:
        return self.amplitude(tone_hz) > AUDIBLE

    def amplitude(self, tone_hz: int) -> float:
        """Of a tone in what came within the last half second; 0 where nothing came."""
        since_s = time.monotonic() - WINDOW_PACKETS * PACKET_SAMPLES / RATE_HZ
        return amplitude_of(
            [_SAMPLES[code] for at_s, codes in self._heard if at_s >= since_s for code in codes], tone_hz
        )

    # ---- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) <= 12 or data[1] & 0x7F != _PCMU:
            return  # RTCP, or key presses
        self._heard.append((time.monotonic(), data[12:]))
        if self._playing is None:
            self._playing = asyncio.get_running_loop().create_task(self._play(addr))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._playing is not None:
            self._playing.cancel()

    async def _play(self, to: tuple[str, int]) -> None:
        assert self._transport is not None
        source, began_s = random.getrandbits(32), time.monotonic()
        number = 0
        while not self._transport.is_closing():
            header = struct.pack("!BBHII", 0x80, _PCMU, number & 0xFFFF, number * PACKET_SAMPLES & 0xFFFFFFFF, source)
            self._transport.sendto(header + self._packet, to)
            number += 1
            await asyncio.sleep(max(0.0, began_s + number * PACKET_SAMPLES / RATE_HZ - time.monotonic()))


@contextlib.asynccontextmanager
async def handset(tone_hz: int) -> AsyncIterator[Handset]:
    """A handset on a free port of this machine."""
    loop = asyncio.get_running_loop()
    transport, made = await loop.create_datagram_endpoint(
        lambda: Handset(tone_hz), local_addr=("127.0.0.1", 0), family=socket.AF_INET
    )
    try:
        yield made
    finally:
        transport.close()


async def until_heard(condition: Callable[[], bool], what: str, limit_s: float = 10.0) -> None:
    """Return as soon as the handsets hear what they should; AssertionError with `what` after `limit_s`."""
    give_up_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < give_up_s, f"not heard within {limit_s:g} s: {what}"
        await asyncio.sleep(0.05)
