"""The core's state as bytes, and back. The dataclasses of the state are the schema; msgspec checks every type."""

import msgspec

from callcenter.state import Saved

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Saved)


class SnapshotError(ValueError):
    """Bytes that are no snapshot of this version's state."""


def encode_snapshot(saved: Saved) -> bytes:
    """One JSON object, the same bytes for the same state."""
    return _encoder.encode(saved)


def decode_snapshot(data: bytes) -> Saved:
    """The state that `encode_snapshot` was given. Raises SnapshotError for anything else."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SnapshotError(f"this is no snapshot of this version of callcenter: {error}") from error
