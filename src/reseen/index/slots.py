"""Which reference, and which bank, a row belongs to: rows name a slot, and slots change.

A reference gets a slot each time its tracks are learnt; the slot that it had before is dead. So
rows are written once, and a removal or a move is one number. Numbers of slots are not used again.
Each slot also says which signals it has rows of, so that it is known at any moment which versions
of a signal the living references hold.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reseen.index.rows import Flags

RECORD = np.dtype([("slot", "<u4"), ("bank", "<i4"), ("reference", "<i8")])
"""A change as it is kept on disk; of several for one slot the last counts."""
DEAD = -1
MOST_SIGNALS = 32
"""Signals, each version counted by itself, that one project may hold rows of."""
_PAGE = 16
_NONE = np.iinfo(np.uint32).max


class Slots:
    """One writer; readers see each slot as it was before or after a change."""

    def __init__(self, records: npt.NDArray[np.void] | None = None) -> None:
        self.references = np.zeros(1024, np.int64)
        self.banks = np.full(1024, DEAD, np.int32)
        self.signals = np.zeros(1024, np.uint32)
        """A bit for each signal that the slot has rows of, by its number."""
        self.holders = np.zeros(MOST_SIGNALS, np.int64)
        """Living slots that have rows of each signal, by its number."""
        self.count = 0
        self.live = 0
        self.version = 0
        """Grows whenever a slot died or moved; not for new ones."""
        self._pages: dict[int, npt.NDArray[np.uint32]] = {}
        self._changes: list[tuple[int, int, int]] = []
        if records is not None and len(records):
            self._restore(records)

    def put(self, reference: int, bank: int, signals: Sequence[int] = ()) -> tuple[int, int | None]:
        """A new slot, with rows of these signals, and the older one of the reference, which is to
        be retired once the rows of the new one can be found.
        """
        older, slot = self.of(reference), self.count
        if slot == len(self.banks):
            self._grow(2 * slot)
        self.references[slot] = reference
        self.banks[slot] = bank
        self.signals[slot] = sum(1 << number for number in signals)
        self.holders[list(signals)] += 1
        self.count += 1
        self.live += older is None
        page = self._pages.setdefault(reference >> _PAGE, _blank())
        page[reference & ((1 << _PAGE) - 1)] = slot
        self._changes.append((slot, bank, reference))
        return slot, older

    def retire(self, slot: int) -> None:
        """Another slot stands for its reference from now on."""
        if self.banks[slot] != DEAD:
            self._change(slot, DEAD)

    def restore_signals(self, rows: Sequence[tuple[int, npt.NDArray[np.uint32]]]) -> None:
        """Rows that were read: the number of their signal, and their slots."""
        for number, slots in rows:
            self.signals[slots] |= np.uint32(1 << number)
        living = self.signals[: self.count][self.banks[: self.count] != DEAD]
        for number in {number for number, _ in rows}:
            self.holders[number] = np.count_nonzero(living & np.uint32(1 << number))

    def move(self, reference: int, bank: int) -> None:
        slot = self.of(reference)
        if slot is not None and self.banks[slot] != bank:
            self._change(slot, bank)

    def remove(self, reference: int) -> None:
        slot = self.of(reference)
        if slot is not None:
            self._change(slot, DEAD)
            self._pages[reference >> _PAGE][reference & ((1 << _PAGE) - 1)] = _NONE
            self.live -= 1

    def of(self, reference: int) -> int | None:
        page = self._pages.get(reference >> _PAGE)
        slot = _NONE if page is None else int(page[reference & ((1 << _PAGE) - 1)])
        return None if slot == _NONE else slot

    def alive(
        self, slots: npt.NDArray[np.uint32], bank_numbers: Sequence[int] | None = None
    ) -> Flags | None:
        """Flags of rows with these slots: not dead, and in these banks; ``None``: all of them."""
        banks = self.banks[slots]
        if bank_numbers is None:
            flags = banks != DEAD
            return None if flags.all() else flags
        return np.isin(banks, np.array([b for b in bank_numbers if b != DEAD], np.int32))

    def taken(self) -> npt.NDArray[np.void]:
        """The changes since the last call, as records."""
        changes, self._changes = self._changes, []
        return np.array(changes, RECORD)

    def untake(self, records: npt.NDArray[np.void]) -> None:
        """They could not be kept: they come first the next time."""
        self._changes = [*records.tolist(), *self._changes]

    def snapshot(self) -> npt.NDArray[np.void]:
        """Records that restore every slot."""
        records = np.empty(self.count, RECORD)
        records["slot"] = np.arange(self.count)
        records["bank"] = self.banks[: self.count]
        records["reference"] = self.references[: self.count]
        return records

    def _change(self, slot: int, bank: int) -> None:
        if bank == DEAD:
            numbers = [n for n in range(MOST_SIGNALS) if int(self.signals[slot]) >> n & 1]
            self.holders[numbers] -= 1
        self.banks[slot] = bank
        self.version += 1
        self._changes.append((slot, bank, int(self.references[slot])))

    def _grow(self, size: int) -> None:
        references, banks = np.zeros(size, np.int64), np.full(size, DEAD, np.int32)
        signals = np.zeros(size, np.uint32)
        references[: self.count] = self.references[: self.count]
        banks[: self.count] = self.banks[: self.count]
        signals[: self.count] = self.signals[: self.count]
        self.references, self.banks, self.signals = references, banks, signals

    def _restore(self, records: npt.NDArray[np.void]) -> None:
        count = int(records["slot"].max()) + 1
        self._grow(max(1024, count + count // 4))
        self.count = count
        self.references[records["slot"]] = records["reference"]
        self.banks[records["slot"]] = records["bank"]
        slots = np.flatnonzero(self.banks[: self.count] != DEAD)
        self.live = len(slots)
        references = self.references[slots]
        order = np.argsort(references, kind="stable")
        slots, references = slots[order], references[order]
        pages, firsts = np.unique(references >> _PAGE, return_index=True)
        for page, some, own in zip(
            pages.tolist(),
            np.split(slots, firsts[1:]),
            np.split(references, firsts[1:]),
            strict=False,
        ):
            self._pages[page] = _blank()
            self._pages[page][own & ((1 << _PAGE) - 1)] = some


def _blank() -> npt.NDArray[np.uint32]:
    return np.full(1 << _PAGE, _NONE, np.uint32)
