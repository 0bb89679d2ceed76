"""What can go wrong between here and the hub: whether to try again, and what people are told."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError, error_in_short
from desktop_app.models.waiting import pause

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

KEPT = "what was fetched is kept"

# None left, and the seconds until there are some:
# https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-09.html
_LIMIT = re.compile(r";\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d+)")
_INVALID = "invalid credentials"
_PASSING_STATUSES = frozenset((408, 425, 429))  # and all faults of the server's own


class NotThere(ModelError):  # noqa: N818 - a fact, not a fault
    """The hub has no such repository, version or file."""


class BrokenAnswer(Exception):  # noqa: N818 - a fact, not a fault
    """What a server answered is not what it was asked for, or only a part of it."""


@dataclass(frozen=True)
class Patience:
    """How long a download puts up with a network that fails.

    Attributes:
        attempts: how often something is tried in a row without getting on.
        first_wait_s: before the second attempt; it doubles with each one.
        longest_wait_s: to which it doubles at most.
        longest_asked_s: how long a server may ask to wait; where it asks for longer, people do.
        connect_s: until a server must have taken a connection.
        silence_s: how long a server may say nothing.
    """

    attempts: int = 6
    first_wait_s: float = 1.0
    longest_wait_s: float = 20.0
    longest_asked_s: float = 300.0
    connect_s: float = 15.0
    silence_s: float = 30.0


@dataclass(frozen=True)
class Place:
    """What is fetched, from where.

    Attributes:
        endpoint: the hub's address, or a mirror's, without a slash at its end.
        repository: "owner/name".
    """

    endpoint: str
    repository: str

    @property
    def host(self) -> str:
        """The hub, as people know it; without a password that an address may hold."""
        return urlsplit(self.endpoint).netloc.rpartition("@")[2]

    @property
    def page(self) -> str:
        """The address at which people read about the model."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{self.host}{parts.path}/{self.repository}"


class Retries:
    """Decides after each failure of one thing whether to try it again, and waits until then.

    Args:
        place: what is fetched.
        patience: how often and how long.
        token: ends the waiting.
        on_wait: is told, in a sentence, why it waits.
    """

    def __init__(
        self, place: Place, patience: Patience, token: CancelToken, on_wait: Callable[[str], None]
    ) -> None:
        self._place = place
        self._patience = patience
        self._token = token
        self._on_wait = on_wait
        self._failures = 0

    def got_on(self) -> None:
        """Begin to count anew, as something was achieved."""
        self._failures = 0

    def wait_after(self, error: Exception) -> None:
        """Wait until the next attempt.

        Raises:
            ModelError: another attempt is of no use, or there were enough of them.
            JobCancelled: the token was cancelled.
            Exception: `error` itself, where the network has nothing to do with it.
        """
        if not _is_of_network(error):
            raise error
        self._failures += 1
        asked_s = _asked_wait_s(error)
        if (
            not _is_passing(error)
            or self._failures >= self._patience.attempts
            or (asked_s or 0) > self._patience.longest_asked_s
        ):
            raise refusal(self._place, error) from error
        doubled_s = self._patience.first_wait_s * 2 ** (self._failures - 1)
        wait_s = min(doubled_s, self._patience.longest_wait_s) if asked_s is None else asked_s
        self._on_wait(
            f"{_what_happened(self._place, error)}; trying again in {max(1, math.ceil(wait_s))} s."
        )
        pause(wait_s, self._token)


def refusal(place: Place, error: Exception) -> ModelError:
    """Return the sentence for an error that ended a download."""
    import httpx2
    from huggingface_hub import errors

    if isinstance(error, errors.OfflineModeIsEnabled):
        return ModelError(
            f"{place.repository} cannot be fetched, as HF_HUB_OFFLINE forbids it;"
            " unset that and try again."
        )
    if isinstance(error, errors.HfHubHTTPError):
        return _refusal_of_status(place, error)
    if isinstance(error, httpx2.TransportError):
        return ModelError(
            f"{_what_happened(place, error)} ({error_in_short(error)}); check the connection to the"
            f" internet and try again: {KEPT}."
        )
    return ModelError(
        f"{place.host} does not answer as the hub would ({error_in_short(error)}); check whether"
        f" the network wants you to log in first, and try again: {KEPT}."
    )


def _refusal_of_status(place: Place, error: HfHubHTTPError) -> ModelError:
    from huggingface_hub import errors

    status, name = _status(error), place.repository
    if _INVALID in error.response.headers.get("x-error-message", "").lower():
        return ModelError(
            f"{place.host} does not know your log-in any more; log in again with 'hf auth login',"
            " or out with 'hf auth logout' or by unsetting HF_TOKEN, and try again."
        )
    # Storage elsewhere refuses for reasons of its own, a wrong clock for example.
    is_hubs_own = error.response.url.netloc.decode("ascii", "replace") == place.host
    if isinstance(error, errors.GatedRepoError) or (status in (401, 403) and is_hubs_own):
        return ModelError(
            f"{name} needs your agreement on its page, or is private or gone: open {place.page},"
            " agree to its terms there, log in with 'hf auth login' or set HF_TOKEN, and try again."
        )
    if isinstance(error, errors.DisabledRepoError) or status in (410, 451):
        return NotThere(f"{place.host} does not hand out {name} any more; look at {place.page}.")
    if isinstance(error, errors.RevisionNotFoundError):
        return NotThere(f"{name} has no such version any more; look at {place.page}.")
    if isinstance(error, errors.EntryNotFoundError):
        return NotThere(f"{name} has not all the files that it lists; look at {place.page}.")
    if status == 404:
        return NotThere(
            f"There is no model {name} at {place.host}; it may have got another name or be gone:"
            f" look at {place.page}."
        )
    if status == 429:
        minutes = math.ceil((_asked_wait_s(error) or 60) / 60)
        wanted = "a minute" if minutes == 1 else f"{minutes} minutes"
        return ModelError(
            f"{place.host} gets too many requests and asks to wait {wanted};"
            f" try again then: {KEPT}."
        )
    if _is_passing(error):
        return ModelError(f"{_what_happened(place, error)}; try again later: {KEPT}.")
    return ModelError(
        f"{error.response.url.host} refuses to hand out {name} (status {status}); check the clock"
        f" of this computer, and look at {place.page}."
    )


def _what_happened(place: Place, error: Exception) -> str:
    """Return the beginning of a sentence."""
    import httpx2

    if _status(error) == 429:
        return f"{place.host} gets too many requests"
    if _status(error):
        return f"{place.host} has a fault of its own (status {_status(error)})"
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        return f"{place.host} cannot be reached"
    if isinstance(error, httpx2.TimeoutException):
        return f"{place.host} has fallen silent"
    if isinstance(error, BrokenAnswer):
        return f"{place.host} does not answer as the hub would"
    return f"The connection to {place.host} broke"


def _is_of_network(error: Exception) -> bool:
    import httpx2
    from huggingface_hub.errors import HFValidationError

    kinds = httpx2.HTTPError | httpx2.InvalidURL | HFValidationError | BrokenAnswer | OSError
    return isinstance(error, kinds)


def _is_passing(error: Exception) -> bool:
    """Return whether it may go away by itself."""
    import httpx2

    status = _status(error)
    if status:
        return status in _PASSING_STATUSES or status >= 500
    return isinstance(error, httpx2.TransportError | BrokenAnswer)


def _status(error: Exception) -> int:
    """Return the status that a server answered with; 0 where it did not answer."""
    from huggingface_hub.errors import HfHubHTTPError

    return error.response.status_code if isinstance(error, HfHubHTTPError) else 0


def _asked_wait_s(error: Exception) -> float | None:
    """Return how long the server asks to wait; None where it does not say."""
    from email.utils import parsedate_to_datetime

    from huggingface_hub.errors import HfHubHTTPError

    if not isinstance(error, HfHubHTTPError):
        return None
    headers = error.response.headers
    limit = _LIMIT.search(headers.get("ratelimit", ""))
    if _status(error) == 429 and limit is not None:
        return float(limit[1])
    value = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:  # neither seconds nor a date
        return None
