"""How long somebody who comes now will probably wait: an estimate, good enough for a wallboard.

The formula is QL of W. Whitt, "Predicting Queueing Delays", Management Science 45 (1999), pages 870-888: with n waiting
in front and s agents at work, of which each takes a contact on for AHT, n + 1 of them must come free first, one each
AHT / s:

    estimated wait = (n + 1) * AHT / s

It is exact where handle times are exponential, agents serve this queue alone and nobody hangs up. Who hangs up in front
makes the wait shorter, agents who serve other queues besides make it longer.
"""

from callcenter.queues.service_level import Counts

FEWEST = 3  # parts in the last quarter of an hour for their average to be better than the day's


def estimated_wait_ms(waiting: int, free: int, working: int, recent: Counts, today: Counts) -> int | None:
    """Of the next contact. `free` agents could be offered it, `working` are signed in and not away (NOT_READY).

    The handle time is that of the last quarter of an hour, of the day where too few parts have ended in it. None where
    it is not known, or nobody is at work.
    """
    if free > waiting:
        return 0
    handle_ms = (recent if recent.parts >= FEWEST else today).average_handle_ms
    if handle_ms is None or working <= 0:
        return None
    return round((waiting + 1) * handle_ms / working)
