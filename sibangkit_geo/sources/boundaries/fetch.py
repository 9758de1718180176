"""Download a catalogued public source: whole, with the right checksum, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn
from urllib.parse import urlsplit

from sibangkit_geo.errors import ConfigError, SibangkitError, nearest, require_file
from sibangkit_geo.model import limits
from sibangkit_geo.model.toml import build, read_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from http.client import HTTPMessage
    from typing import IO

_CHUNK = 1024**2
_MB = 1024**2
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class FetchError(SibangkitError):
    """A download failed or is not the file that was promised; nothing was written."""


@dataclass(frozen=True, slots=True)
class PublicSource:
    """
    A public file of polygons, one ``[[source]]`` of the catalogue.

    Attributes
    ----------
    name
        What the user types.
    what
        Words in Indonesian.
    url
        Address of the file itself.
    file
        Name to save it under.
    sha256
        Checksum; empty when it was not at hand.
    licence
        Licence and author.
    limit_mb
        Size at which a download is stopped, in megabytes.
    """

    name: str
    what: str
    url: str
    file: str
    sha256: str
    licence: str
    limit_mb: int


@dataclass(frozen=True, slots=True)
class _Sources:
    source: tuple[PublicSource, ...]


def catalogued(catalogue: Path | None = None) -> tuple[PublicSource, ...]:
    """
    List the public sources that can be fetched.

    Parameters
    ----------
    catalogue
        TOML of ``[[source]]`` tables; the package's own by default.

    Returns
    -------
    sources
        In the order of the catalogue.

    Raises
    ------
    ConfigError
        The catalogue is missing or malformed.

    Examples
    --------
    >>> catalogued()[0].name
    'banyuasin-desa'
    """
    path = catalogue or Path(__file__).with_name("fetch.toml")
    require_file(path, named_by="catalogue")
    return build(_Sources, read_toml(path, named_by="catalogue"), file=path.name).source


def fetch(
    name: str,
    folder: Path,
    *,
    catalogue: Path | None = None,
    sha256: str = "",
    opener: Callable[[str], BinaryIO] | None = None,
) -> Path:
    """
    Download a catalogued source and compare its checksum.

    Parameters
    ----------
    name
        Name in the catalogue.
    folder
        Where to put it; made when absent.
    catalogue
        TOML of ``[[source]]`` tables; the package's own by default.
    sha256
        Checksum that the user has from elsewhere, for an entry without one.
    opener
        Opens an address for reading; by default over https, and over http on
        this machine only.

    Returns
    -------
    path
        The file, whole and as promised.

    Raises
    ------
    ConfigError
        The name, the catalogue, the address or the checksum is malformed, or the
        folder cannot be written.
    FetchError
        No connection, too large, or another file than promised.
    """
    source = _entry(name, catalogue)
    promised = (source.sha256 or sha256).lower()
    if promised and not _DIGEST.fullmatch(promised):
        msg = f"{name}: sha256 must be 64 hexadecimal digits."
        raise ConfigError(msg)
    if sha256 and promised != sha256.lower():
        msg = f"{name}: sha256 differs from the one in the catalogue."
        raise ConfigError(msg)
    target = folder / source.file
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=".fetch-", dir=folder, delete=False) as partial:
            place = Path(partial.name)
            try:
                digest = _copy(source, target, partial.file, opener or _open)
                partial.close()
                _require_promised(source, digest, promised)
                place.replace(target)
            finally:
                partial.close()
                place.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{folder}: cannot write there ({error.strerror}). Choose another folder."
        raise ConfigError(msg) from error
    return target


def _entry(name: str, catalogue: Path | None) -> PublicSource:
    sources: Mapping[str, PublicSource] = {one.name: one for one in catalogued(catalogue)}
    if name not in sources:
        msg = f'No public source "{name}". {nearest(name, sources)}'
        raise ConfigError(msg)
    source = sources[name]
    if not _PLAIN_NAME.fullmatch(source.file):
        msg = f"{name}: file must be a plain file name."
        raise ConfigError(msg)
    if not _allowed(source.url):
        msg = f"{name}: only https addresses are fetched."
        raise ConfigError(msg)
    return source


def _allowed(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


class _OnlyAllowed(urllib.request.HTTPRedirectHandler):
    """Follow a redirect only to an address that could have been asked for."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Refuse the new address, or leave it to the library."""
        if not _allowed(newurl):
            reason = "redirected to an address that is not https"
            raise urllib.error.URLError(reason)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str) -> BinaryIO:
    handlers: list[urllib.request.BaseHandler] = [_OnlyAllowed()]
    if urlsplit(url).hostname in _LOOPBACK:
        # a proxy would look for this machine elsewhere
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    opened: BinaryIO = opener.open(url, timeout=limits.SILENCE_SECONDS)
    return opened


def _copy(
    source: PublicSource, target: Path, sink: IO[bytes], opener: Callable[[str], BinaryIO]
) -> str:
    digest, size = hashlib.sha256(), 0
    with contextlib.closing(_chunks(source, target, opener)) as chunks:
        for chunk in chunks:
            size += len(chunk)
            if size > source.limit_mb * _MB:
                msg = (
                    f"{source.name}: larger than {source.limit_mb} MB, which is not the file "
                    "expected; stopped. Nothing was written."
                )
                raise FetchError(msg)
            digest.update(chunk)
            sink.write(chunk)
    return digest.hexdigest()


def _chunks(
    source: PublicSource, target: Path, opener: Callable[[str], BinaryIO]
) -> Generator[bytes, None, None]:
    # apart from the writing, whose errors are of the disk and not of the line
    try:
        with contextlib.closing(opener(source.url)) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except urllib.error.HTTPError as error:
        error.close()
        _by_hand(source, target, f"the server answered {error.code}", error)
    except (OSError, HTTPException) as error:
        _by_hand(source, target, "no connection", error)


def _by_hand(source: PublicSource, target: Path, reason: str, error: Exception) -> NoReturn:
    check = f" and compare its SHA-256 with {source.sha256}" if source.sha256 else ""
    msg = (
        f"{source.name}: {reason}; nothing was written. By hand: on a computer with internet "
        f"download {source.url}{check}, then put it at {target}."
    )
    raise FetchError(msg) from error


def _require_promised(source: PublicSource, digest: str, promised: str) -> None:
    if not promised:
        msg = (
            f"{source.name}: the catalogue has no checksum of this file, so it was not kept. The "
            f"file now at that address has SHA-256 {digest}; when that is what its author "
            "confirms, run again with it as sha256."
        )
        raise FetchError(msg)
    if digest != promised:
        msg = (
            f"{source.name}: another file than promised (SHA-256 {digest}, expected {promised}); "
            "nothing was written. Ask who changed it before using it."
        )
        raise FetchError(msg)
