"""Locked pages: decrypted here without a line of theirs, and shut without the password."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import re
import stat
import unicodedata
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from typer.testing import CliRunner

from sibangkit_geo import cli
from sibangkit_geo.errors import ConfigError, UnprotectedWarning
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.products.staging import staged
from sibangkit_geo.products.web.html import render
from sibangkit_geo.products.web.locked import locked_page, page_key
from sibangkit_geo.study.lock import Lock, lock_for, password_in
from sibangkit_geo.voice import passwords

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PASSWORD = "kópi pahit di teras"  # noqa: S105 - of the tests alone
SEALED = re.compile(r'<script type="application/json" id="sealed">(.*?)</script>', re.DOTALL)
POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')
SECRET = "Rumah tangga 0042, lantai tanah"  # noqa: S105 - what a card says


def sealed_in(page: str) -> dict[str, Any]:
    found = SEALED.search(page)
    assert found is not None
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def plain_of(page: str, password: str) -> str:
    """Open a page as its description says, with the key of the standard library."""
    sealed = sealed_in(page)
    salt, nonce, content = (base64.b64decode(sealed[key]) for key in ("salt", "nonce", "content"))
    assert (len(salt), len(nonce)) == (16, 12)
    assert sealed["rounds"] >= 600_000
    typed = unicodedata.normalize("NFC", password).encode("utf-8")
    key = hashlib.pbkdf2_hmac("sha256", typed, salt, sealed["rounds"], 32)
    packed = AESGCM(key).decrypt(nonce, content, sealed["kind"].encode())
    return zlib.decompress(packed).decode("utf-8")


@pytest.fixture(scope="module")
def inner() -> str:
    texts = {"title": SECRET, "body": SECRET}
    return render("notebook", texts, styles=["p{color:red}"], scripts=["'use strict';"])


@pytest.fixture(scope="module")
def page(inner: str) -> str:
    return locked_page(inner, key=page_key(PASSWORD), study="Uji", agency="Bappeda")


def test_the_page_comes_back_with_its_password_and_with_no_other(page: str, inner: str) -> None:
    assert plain_of(page, PASSWORD) == inner
    assert plain_of(page, unicodedata.normalize("NFD", PASSWORD)) == inner
    for wrong in (PASSWORD.upper(), PASSWORD + " ", "kopi pahit di teras"):
        with pytest.raises(InvalidTag):
            plain_of(page, wrong)


def test_nothing_of_the_page_or_its_password_can_be_read(page: str) -> None:
    for secret in (
        SECRET,
        "0042",
        "lantai",
        PASSWORD,
        base64.b64encode(PASSWORD.encode()).decode(),
    ):
        assert secret not in page
    assert "Uji" in page
    assert "Bappeda" in page


def test_pages_of_a_run_share_the_salt_and_never_a_nonce(inner: str) -> None:
    key = page_key(PASSWORD)
    one, two = (sealed_in(locked_page(inner, key=key, study="", agency="")) for _ in range(2))
    assert one["salt"] == two["salt"]
    assert one["nonce"] != two["nonce"]
    assert one["content"] != two["content"]
    assert page_key(PASSWORD).salt != key.salt


def test_the_policy_is_that_of_both_pages_and_nothing_more(page: str, inner: str) -> None:
    shell, inside = (POLICY.search(one) for one in (page, inner))
    assert shell is not None
    assert inside is not None
    rules = dict(rule.split(" ", 1) for rule in shell[1].split("; "))
    for rule in inside[1].split("; "):
        kind, _, sources = rule.partition(" ")
        assert set(sources.split()) <= set(rules[kind].split())
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert all(len(rules[kind].split()) == 2 for kind in ("script-src", "style-src"))
    assert "unsafe" not in shell[1]


def test_the_key_shows_itself_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    lock, key = Lock(PASSWORD), page_key(PASSWORD)
    for text in (repr(lock), repr(key), caplog.text):
        assert PASSWORD not in text
        assert repr(key.key) not in text


def test_both_languages_of_the_locked_page_have_the_same_words() -> None:
    texts = own_toml("sibangkit_geo.products.web", "locked.toml")
    assert list(texts["id"]) == list(texts["en"])
    assert all(texts["id"][key] != texts["en"][key] for key in texts["id"])


# ---- which password
@pytest.mark.parametrize("short", ["sebelas1234", "        z        ", "e\u0301" * 11])
def test_a_short_password_is_refused_and_not_repeated(short: str) -> None:
    with pytest.raises(ConfigError, match="at least 12 characters, such as four words") as caught:
        Lock(short)
    assert short.strip() not in str(caught.value)
    assert Lock("dua belas 12").password == "dua belas 12"  # noqa: S105 - as above


def test_a_lock_is_a_password_or_none_and_never_both() -> None:
    for wrong in ({}, {"password": PASSWORD, "unlocked": True}):
        with pytest.raises(ConfigError, match="one of both"):
            Lock(**wrong)  # type: ignore[arg-type]


def kept(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\nbaris kedua\n"])
def test_the_first_line_of_a_file_is_the_password(tmp_path: Path, end: bytes) -> None:
    assert password_in(kept(tmp_path / "a", PASSWORD.encode() + end)) == PASSWORD
    assert password_in(kept(tmp_path / "b", b"\xef\xbb\xbf" + PASSWORD.encode() + end)) == PASSWORD
    # a blank is part of it
    assert password_in(kept(tmp_path / "c", b" dua belas 12 " + end)) == " dua belas 12 "


def test_an_empty_missing_or_other_file_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"\n", b"  \nkopi pahit di teras\n"):
        with pytest.raises(ConfigError, match=r"sandi: the first line .* is empty"):
            password_in(kept(tmp_path / "sandi", content))
    with pytest.raises(ConfigError, match="no such file"):
        password_in(tmp_path / "tiada")
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        password_in(kept(tmp_path / "sandi", b"kopi pahit \xff teras"))
    assert "kopi" not in str(caught.value)
    # neither does the chain of a traceback
    assert caught.value.__suppress_context__


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such rights")
def test_a_file_that_others_may_read_is_told(tmp_path: Path) -> None:
    with pytest.warns(UnprotectedWarning, match="chmod 600 sandi"):
        password_in(kept(tmp_path / "sandi", PASSWORD.encode(), 0o640))


# ---- the command
@pytest.fixture
def internal(tmp_path: Path, write_small_study: Callable[[Path], Path]) -> Path:
    path = write_small_study(tmp_path)
    text = path.read_text("utf-8") + '\n[disclosure]\nlevel = "internal"\n'
    path.write_text(text, encoding="utf-8")
    return path


def run(study_file: Path, *options: object, typed: str = "") -> Any:
    words = ["run", study_file, "--out", study_file.parent / "out", *options]
    return CliRunner().invoke(cli.app, [str(one) for one in words], input=typed)


def test_without_a_terminal_and_a_file_nothing_is_read(internal: Path) -> None:
    # a study whose data are gone still ends with the lock
    (internal.parent / "profil.csv").unlink()
    before = sorted(path.name for path in internal.parent.iterdir())
    result = run(internal)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    for word in ("--password-file", "--unlocked"):
        assert word in result.stderr
    assert sorted(path.name for path in internal.parent.iterdir()) == before


def test_the_options_exclude_each_other(internal: Path) -> None:
    file = kept(internal.parent / "sandi.txt", PASSWORD.encode())
    result = run(internal, "--unlocked", "--password-file", file)
    assert result.exit_code == 2
    assert "name one" in result.stderr


def test_a_terminal_is_asked_twice_unseen(internal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask() -> str:
        asked.append("once")
        return PASSWORD

    lock = lock_for(internal, password_file=None, unlocked=False, ask=ask)
    assert lock == Lock(PASSWORD)
    assert lock_for(internal, password_file=None, unlocked=True, ask=ask) == Lock(unlocked=True)
    assert asked == ["once"]
    monkeypatch.setattr(passwords, "terminal", lambda: True)
    result = run(internal, typed=f"{PASSWORD}\n{PASSWORD}x\n{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0, result.stderr
    assert "Repeat the password" in result.stderr
    assert PASSWORD not in result.output
    page = (internal.parent / "out" / "bappeda.html").read_text("utf-8")
    assert '"layers"' in plain_of(page, PASSWORD)
    short = run(internal, typed="pendek\npendek\n")
    assert short.exit_code == 2
    assert "at least 12 characters" in short.stderr


def test_a_password_in_a_file_locks_and_stands_in_no_product(internal: Path) -> None:
    file = kept(internal.parent / "sandi.txt", PASSWORD.encode() + b"\n")
    result = run(internal, "--password-file", file)
    assert result.exit_code == 0, result.stderr
    assert PASSWORD not in result.output
    out = internal.parent / "out"
    assert '"layers"' in plain_of((out / "dinsos.html").read_text("utf-8"), PASSWORD)
    for path in (path for path in out.rglob("*") if path.is_file()):
        assert PASSWORD.encode() not in path.read_bytes(), path.name
    manifest = (out / "manifest.json").read_text("utf-8")
    assert "sandi" not in manifest
    assert "password" not in manifest


# ---- rights
@pytest.mark.skipif(os.name != "posix", reason="Windows has no such rights")
def test_a_private_folder_loses_the_rights_of_others_and_gains_none(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "lama").mkdir(parents=True)
    program = kept(out / "lama" / "skrip.sh", b"#!/bin/sh\n", 0o755)
    outside = kept(tmp_path / "luar.txt", b"milik orang", 0o644)
    (out / "tautan").symlink_to(outside)
    with staged(out, private=True) as folder:
        (folder / "gis").mkdir()
        (folder / "gis" / "a.csv").write_text("a", encoding="utf-8")
    modes = {
        path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in (out, out / "gis", out / "gis" / "a.csv", out / "lama", program, outside)
    }
    assert modes == {
        "out": 0o700, "out/gis": 0o700, "out/gis/a.csv": 0o600, "out/lama": 0o700,
        "out/lama/skrip.sh": 0o700, "luar.txt": 0o644,
    }  # fmt: skip
