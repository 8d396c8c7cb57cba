"""What is told about datasets that can be taken away."""

from __future__ import annotations

import msgspec


class OfferedDataset(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset. `public`: anybody may take it; others only about oneself, or the staff.

    `party`: rows about one address may be asked for alone.
    """

    name: str
    meaning: str
    public: bool
    party: bool


class OfferedDatasets(msgspec.Struct, frozen=True):
    """Every dataset, the formats of its files, and how many rows the public may take at once."""

    formats: tuple[str, ...]
    most_rows: int
    datasets: tuple[OfferedDataset, ...]


class OfferedDatasetsAnswer(msgspec.Struct, frozen=True):
    """What there is."""

    data: OfferedDatasets
