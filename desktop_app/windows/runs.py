"""Which runs are under way, and for which photos."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One submitted job: whose it is, and whether adjusting asked for it."""

    item_id: str
    is_live: bool


class Runs:
    """Remembers every job until it ends. Of each photo only the latest one is wanted."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._latest: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def item_ids(self) -> list[str]:
        """The photos that a run is wanted for."""
        return list(self._latest)

    def add(self, job_id: str, run: Run) -> None:
        """Remember a job; it is its photo's latest."""
        self._runs[job_id] = run
        self._latest[run.item_id] = job_id

    def withdraw(self, item_id: str) -> str | None:
        """Want a photo's run no longer; return its job, or None where there is none."""
        return self._latest.pop(item_id, None)

    def item_of(self, job_id: str) -> str | None:
        """Return the photo of a job; None where the job is wanted no longer."""
        run = self._runs.get(job_id)
        is_wanted = run is not None and self._latest.get(run.item_id) == job_id
        return run.item_id if run is not None and is_wanted else None

    def end(self, job_id: str) -> tuple[Run | None, bool]:
        """Forget a job; return what it was, and whether it was wanted still."""
        is_wanted = self.item_of(job_id) is not None
        run = self._runs.pop(job_id, None)
        if run is not None and is_wanted:
            del self._latest[run.item_id]
        return run, is_wanted
