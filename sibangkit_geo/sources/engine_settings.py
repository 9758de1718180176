"""What a study says about who reads its registers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sibangkit_geo.errors import ConfigError

# the secret of a run goes to the workers: never in the clear through a network
_ADDRESS = re.compile(r"(?:tls://[^\s/@]+|tcp://(?:127\.0\.0\.1|localhost)):\d+")


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """
    The ``[engine]`` table of a study: who reads the registers.

    Attributes
    ----------
    kind
        ``"local"``: this process, piece by piece, on all its cores; ``"dask"``: workers of
        Dask, each a part at a time. What is counted and found is the same.
    workers
        How many worker processes Dask starts on this machine; 0, the default: one per core.
    scheduler
        Address of a running Dask scheduler, ``"tls://host:8786"`` (``"tcp://127.0.0.1:8786"`` on
        this machine alone), whose workers see the register by the same path; empty: workers are
        started here.

    Raises
    ------
    ConfigError
        A number of workers below 0, a scheduler that is no address, or keys that exclude
        each other.

    Examples
    --------
    >>> EngineSettings().kind
    'local'
    >>> EngineSettings(scheduler="tls://10.0.0.7:8786")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sibangkit_geo.errors.ConfigError: [engine] workers and scheduler are for kind = "dask"...
    """

    kind: Literal["local", "dask"] = "local"
    workers: int = 0
    scheduler: str = ""

    def __post_init__(self) -> None:
        """Check what the keys say together."""
        if self.workers < 0:
            msg = "[engine] workers must be at least 0."
            raise ConfigError(msg)
        if self.kind == "local" and (self.workers or self.scheduler):
            msg = '[engine] workers and scheduler are for kind = "dask": write that too.'
            raise ConfigError(msg)
        if self.workers and self.scheduler:
            msg = "[engine] a scheduler has its own workers: leave out workers or scheduler."
            raise ConfigError(msg)
        if self.scheduler and not _ADDRESS.fullmatch(self.scheduler):
            msg = (
                '[engine] scheduler is an encrypted address such as "tls://10.0.0.7:8786"; '
                '"tcp://" is for this machine alone ("tcp://127.0.0.1:8786").'
            )
            raise ConfigError(msg)
