"""
Locked pages: a map page encrypted inside a small page that opens it with a password, offline.

AES-256-GCM; the key comes from the password by PBKDF2-HMAC-SHA256. `locked.js` undoes it with
what every browser has.
"""

from __future__ import annotations

import base64
import json
import os
import unicodedata
import zlib
from dataclasses import dataclass, field
from typing import Final

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.products.web.english import ESCAPES, english_name
from sibangkit_geo.products.web.html import compact, render
from sibangkit_geo.products.web.page import require_safe

# OWASP Password Storage Cheat Sheet (2023) for PBKDF2-HMAC-SHA256
ROUNDS: Final = 600_000
#: twelve random small letters are 26^12, 10^17 tries; eight, 10^11, a few machines get through
SHORTEST: Final = 12
_KEY_BYTES = 32
# NIST SP 800-132, 5.1 asks for 128 bits of salt; SP 800-38D, 8.2 for 96 bits of nonce
_SALT_BYTES, _NONCE_BYTES = 16, 12
# authenticated with the content: what was encrypted for another use does not open here
_KIND = "sibangkit-geo locked page 1"
_PACKED_LEVEL = 9


@dataclass(frozen=True, slots=True)
class PageKey:
    """
    Key of the pages of one run; never the password.

    `salt`: Public, new in each run, the same in its pages.
    """

    salt: bytes
    key: bytes = field(repr=False)


def require_password(password: str) -> None:
    """
    Refuse a password that is soon guessed.

    Raises ConfigError: It is shorter than `SHORTEST`; the message does not repeat it.
    """
    if len(unicodedata.normalize("NFC", password).strip()) < SHORTEST:
        msg = (
            f"The password is too short: take at least {SHORTEST} characters, such as four words "
            "that do not belong together."
        )
        raise ConfigError(msg)


def page_key(password: str) -> PageKey:
    """
    Derive the key of a run from its password, with a new salt.

    Raises ConfigError: The password is too short.
    """
    # its libraries load slowly, and most runs lock nothing
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC  # noqa: PLC0415

    require_password(password)
    salt = os.urandom(_SALT_BYTES)
    made = PBKDF2HMAC(SHA256(), _KEY_BYTES, salt, ROUNDS)
    # an accent may be typed as one sign or as two
    return PageKey(salt, made.derive(unicodedata.normalize("NFC", password).encode("utf-8")))


def locked_page(page: str, *, key: PageKey, study: str, agency: str) -> str:
    """
    Write the page that opens another one with the password.

    `page`: Whole document; packed and encrypted, never in plain.
    `study`, `agency`: What anyone may read: whose map it is.
    """
    texts = own_toml(__package__, "locked.toml")
    style, script = compact("locked.css"), compact("locked.js")
    require_safe([style, script])
    names = [study, agency]
    sealed = {
        **_sealed(page.encode("utf-8"), key),
        "texts": texts,
        "names": {"id": names, "en": [english_name(one) or one for one in names]},
    }
    return render(
        "locked",
        {
            "title": " · ".join(part for part in (texts["id"]["heading"], *names) if part),
            "texts": texts["id"],
            "study": study,
            "agency": agency,
        },
        styles=[style],
        scripts=[script],
        pictures=("data:",),
        ready={"sealed": json.dumps(sealed, ensure_ascii=False).translate(ESCAPES)},
        inside=page,
    )


def _sealed(content: bytes, key: PageKey) -> dict[str, object]:
    """Encrypt, and say all that decrypting takes but the password."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

    nonce = os.urandom(_NONCE_BYTES)
    packed = zlib.compress(content, _PACKED_LEVEL)
    secret = AESGCM(key.key).encrypt(nonce, packed, _KIND.encode())
    return {
        "kind": _KIND,
        "rounds": ROUNDS,
        "salt": base64.b64encode(key.salt).decode(),
        "nonce": base64.b64encode(nonce).decode(),
        "content": base64.b64encode(secret).decode(),
    }
