"""Join the clocks of transport streams that were cut together.

Broadcast recordings and joined files start a new clock in the middle. A player plays on; so the
times behind such a jump are moved to follow what came before, for all streams of the file alike.
Only MPEG-TS does this: in other containers a jump is a gap that a player keeps.
"""

from typing import Any

from av.packet import Packet

BACKWARD, FORWARD = 1.0, 10.0
"""Seconds against the clock of the same stream that count as a new clock (FFmpeg's own bound for
forward jumps is 10 s)."""

type AnyPacket = Packet[Any]


class Continuity:
    """Moves packets in place. Give it every packet, in the order of the file."""

    def __init__(self) -> None:
        self._moved = 0.0
        self._ends: dict[int, float] = {}

    def mend(self, packet: AnyPacket) -> None:
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is None or not packet.size:
            return
        base = float(packet.time_base)
        time = stamp * base + self._moved
        expected = self._ends.get(packet.stream_index)
        if expected is not None and not -BACKWARD <= time - expected <= FORWARD:
            # where another stream has crossed already, both follow its clock
            self._moved += max(self._ends.values()) - time
            time = stamp * base + self._moved
        self._ends[packet.stream_index] = time + (packet.duration or 0) * base
        ticks = round(self._moved / base)
        if ticks:
            packet.dts = None if packet.dts is None else packet.dts + ticks
            packet.pts = None if packet.pts is None else packet.pts + ticks
