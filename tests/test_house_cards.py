"""Houses become cards without a name, and nobody but an internal reader gets them."""

from __future__ import annotations

import base64
import json
import os
import re
import stat
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from PIL import Image

from sibangkit_geo import study
from sibangkit_geo.disclosure import leaks
from sibangkit_geo.errors import ConfigError, UnprotectedWarning
from sibangkit_geo.indicators.needs import PovertyRule
from sibangkit_geo.model.types import HouseCards
from sibangkit_geo.products.web.page import EMBEDDED_PHOTOS, houses_payload, write_photos
from sibangkit_geo.registers import KeptCards, Photos, build_cards, small_photo, with_photos
from sibangkit_geo.registers.tally import judge_poverty
from tests.conftest import as_register
from tests.pages import data_of
from tests.test_locked import PASSWORD, plain_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RULE = PovertyRule("decile", decile_max=1)
GPS_IFD = 0x8825
ORIENTATION = 0x0112


def kept(places: list[tuple[float, float]], village: list[int]) -> KeptCards:
    """Make houses of decile 1 and 6 in turn, each second one on an earth floor."""
    number = len(places)
    homes = as_register(
        pd.DataFrame(
            {
                "decile": [1.0 if i % 2 == 0 else 6.0 for i in range(number)],
                "floor": [8.0 if i % 4 < 2 else 1.0 for i in range(number)],
            }
        )
    )
    east, north = (list(column) for column in zip(*places, strict=True))
    rows = homes.rows.with_columns(
        row=pl.int_range(2, number + 2), longitude=pl.Series(east), latitude=pl.Series(north)
    )
    batch = type(homes)(rows, homes.meanings, homes.code_generation)
    return KeptCards.of(
        batch,
        village=np.array(village),
        placed=np.isfinite(np.array(east)),
        poverty=judge_poverty(batch, RULE),
    )


def read_back(payload: dict[str, Any]) -> dict[str, list[int]]:
    """Unpack as the page does."""
    text = payload["data"].encode().translate(bytes.maketrans(b",:[", b"<>&"))
    raw = zlib.decompress(base64.b85decode(text)[: payload["bytes"]])
    planes = np.frombuffer(raw, dtype=np.uint8).reshape(-1, payload["count"]).astype(np.int64)
    values = {}
    place = 0
    for name, width in (
        ("east", 3),
        ("north", 3),
        ("deprived", payload["mask_bytes"]),
        ("served", payload["mask_bytes"]),
        ("state", 1),
    ):
        values[name] = sum(planes[place + byte] << (8 * byte) for byte in range(width))
        place += width
    for axis, name in enumerate(("east", "north")):
        steps = (values[name] >> 1) ^ -(values[name] & 1)
        values[name] = payload["origin"][axis] + np.cumsum(steps)
    return {name: one.tolist() for name, one in values.items()}


def test_only_placed_houses_that_are_poor_or_deprived_are_kept() -> None:
    nowhere = float("nan")
    # decile and floor: poor earth, 6 earth, poor tiles, 6 tiles, poor earth without point
    places = [(104.5, -2.5), (104.6, -2.6), (104.7, -2.7), (104.8, -2.8), (nowhere, nowhere)]
    found = kept(places, [0, 1, 1, 0, 0])
    assert found.columns["row"].tolist() == [2, 3, 4]
    assert found.columns["east"].tolist() == [10_450_000, 10_460_000, 10_470_000]
    assert found.columns["poor"].tolist() == [True, False, True]


def test_cards_go_village_by_village_and_come_back_from_the_page_unchanged() -> None:
    places = [(104.5, -2.5), (104.9, -2.1), (104.50001, -2.5), (104.50002, -2.49999), (104.5, -2.6)]
    built = build_cards([kept(places, [2, 0, 2, 2, 1])], page_row=np.array([1, -1, 0]), seed=3)
    cards = built.cards
    # the second official village has no polygon; the third leads the page
    assert cards.per_village.tolist() == [2, 1]
    assert sorted(built.row.tolist()) == [2, 3, 4]
    payload = houses_payload(cards)
    assert payload is not None
    assert json.loads(json.dumps(payload)) == payload
    back = read_back(payload)
    assert back["east"] == cards.east.tolist()
    assert back["north"] == cards.north.tolist()
    assert back["deprived"] == cards.deprived.tolist()
    assert [one & 1 for one in back["state"]] == cards.poor.tolist()
    assert [cards.groups[one >> 1] for one in back["state"]].count("Desil 1") == 2


def test_the_order_of_the_register_leaves_no_trace() -> None:
    rng = np.random.default_rng(5)
    places = [(104.5 + x, -2.5 - y) for x, y in rng.random((40, 2)).tolist()]
    one = kept(places, [0] * 40)
    turned = KeptCards(one.needs, {name: v[::-1] for name, v in one.columns.items()})
    plain, reverse = (
        houses_payload(build_cards([c], page_row=np.array([0]), seed=1).cards)
        for c in (one, turned)
    )
    assert plain is not None
    assert reverse is not None
    assert plain["data"] == reverse["data"]


def test_columns_of_unequal_length_are_refused() -> None:
    cards = build_cards([kept([(104.5, -2.5)], [0])], page_row=np.array([0]), seed=1).cards
    with pytest.raises(ValueError, match="one length"):
        HouseCards(
            cards.needs, cards.assisted, cards.groups, cards.per_village, cards.east[:0],
            cards.north, cards.deprived, cards.served, cards.group, cards.poor, 1, cards.photo,
        )  # fmt: skip


# ---- photos
@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "foto"
    folder.mkdir()
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS_IFD)[1] = "S"
    exif.get_ifd(GPS_IFD)[2] = (2.0, 58.0, 6.0)
    Image.new("RGB", (900, 300), "green").save(folder / "lebar.jpg", exif=exif)
    Image.new("RGBA", (40, 20), (255, 0, 0, 128)).save(folder / "bening.png")
    Image.new("1", (9000, 9000)).save(folder / "raksasa.png")
    (folder / "rusak.jpg").write_bytes((folder / "lebar.jpg").read_bytes()[:400])
    (folder / "bukan.jpg").write_text("<svg onload=alert(1)>")
    (tmp_path / "luar.jpg").write_bytes((folder / "lebar.jpg").read_bytes())
    (folder / "tautan.jpg").symlink_to(tmp_path / "luar.jpg")
    return folder


def test_a_photo_is_small_upright_and_without_place(album: Path, tmp_path: Path) -> None:
    picture = small_photo(album / "lebar.jpg")
    assert picture is not None
    (tmp_path / "kecil.webp").write_bytes(picture)
    with Image.open(tmp_path / "kecil.webp") as small:
        assert (small.format, small.size) == ("WEBP", (107, 320))
        assert dict(small.getexif()) == {}
    assert b"EXIF" not in picture


@pytest.mark.parametrize(
    "name",
    ["raksasa.png", "rusak.jpg", "bukan.jpg", "../luar.jpg", "tautan.jpg", "tidak-ada.jpg",
     "/etc/hostname", "C:\\x.jpg", "a\0b", "x" * 5000, "."],
)  # fmt: skip
def test_what_is_no_photo_of_the_folder_is_skipped_and_counted(album: Path, name: str) -> None:
    photos = Photos(album)
    assert photos.read(name) is None
    assert photos.skipped == 1


def test_many_photos_go_beside_the_page_under_numbers(album: Path, tmp_path: Path) -> None:
    number = EMBEDDED_PHOTOS + 1
    cards = build_cards(
        [kept([(104.5 + i / 1000, -2.5) for i in range(2 * number)], [0] * 2 * number)],
        page_row=np.array([0]), seed=1,
    ).cards  # fmt: skip
    one = with_photos(cards, Photos(album), ["bening.png", "rusak.jpg"] + [""] * (len(cards) - 2))
    assert one.photo.tolist()[:3] == [0, -1, -1]
    few = houses_payload(one)
    assert few is not None
    assert str(few["photos"]).startswith("['data:image/webp;base64,")
    for i in range(number):
        Image.new("RGB", (8, 8)).save(album / f"{i} Siti.png")
    names = [f"{i} Siti.png" for i in range(number)] + [""] * (len(cards) - number)
    many = with_photos(cards, Photos(album), names)
    payload = houses_payload(many)
    assert payload is not None
    assert payload["photos"] == [f"foto/{i:04d}.webp" for i in range(1, number + 1)]
    write_photos(many, tmp_path / "foto" / "..")
    assert (tmp_path / "foto" / "0051.webp").is_file()


# ---- the whole study
@pytest.fixture(scope="module")
def house_study(
    write_small_study: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., study.Finished]:
    """Run a study whose register has points and photos, at the level asked for."""
    folder = tmp_path_factory.mktemp("rumah")
    file = write_small_study(folder)
    text = file.read_text(encoding="utf-8")
    rng = np.random.default_rng(1)
    codes = pd.read_csv(folder / "profil.csv", dtype=str)["kode_desa"]
    rows = [
        {
            "kode_desa": code, "nik": f"16070100000{1000 * at + i:05d}",
            "nama_kepala_keluarga": f"KEPALA CONTOH {1000 * at + i}",
            "jumlah_anggota_keluarga": 3, "desil_nasional": 1 + i % 8,
            "jenis_lantai_terluas": 8 if i % 3 == 0 else 1,
            "lon": f"{104.4 + 0.02 * (at % 6) + 0.02 * x:.7f}",
            "lat": f"{-2.9 + 0.02 * (at // 6) + 0.02 * y:.7f}",
            "foto_rumah": {0: "a.png", 3: "../b.png"}.get(i, "") if at == 0 else "",
        }
        for at, code in enumerate(codes)
        for i, (x, y) in enumerate(rng.uniform(0.05, 0.95, (20, 2)).tolist())
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(folder / "register.csv", index=False)
    (folder / "foto").mkdir()
    Image.new("RGB", (640, 480), "brown").save(folder / "foto" / "a.png")
    source = '[[households]]\npath = "register.csv"\ncode_generation = "regsosek2022"\n'
    source += 'year = 2024\ncode_system = "kemendagri"\nvillage_code = "kode_desa"\n'
    source += 'photo_folder = "foto"\n[poverty]\nrule = "decile"\ndecile_max = 1\n'

    def at(level: str, lock: study.Lock | None = None) -> study.Finished:
        name = folder / f"{level}.toml"
        name.write_text(f'{text}\n{source}\n[disclosure]\nlevel = "{level}"\n', encoding="utf-8")
        out = folder / (f"{level}_terkunci" if lock and lock.password else level)
        return study.run(name, out, lock=lock)

    return at


def payload_of(finished: study.Finished) -> dict[str, Any]:
    return data_of((finished.out / "bappeda.html").read_text(encoding="utf-8"))


def test_the_internal_page_has_cards_and_no_name(
    house_study: Callable[..., study.Finished],
) -> None:
    with pytest.warns(UnprotectedWarning, match="tanpa kunci"):
        finished = house_study("internal", study.Lock(unlocked=True))
    houses = payload_of(finished)["houses"]
    # of 20 houses in each of 36 villages, those of decile 1 or on earth: 0 3 6 8 9 12 15 16 18
    assert houses["count"] == 36 * 9
    assert houses["per_village"] == [9] * 36
    assert len(houses["photos"]) == 1
    assert [(note.key, note.count) for note in finished.notes if "photo" in note.key] == [
        ("photos_skipped", 1)
    ]
    # whoever opens a plain page reads that it is one
    assert finished.notes[0].key == "unlocked"
    assert finished.notes[0].text in payload_of(finished)["notes"]
    assert "tanpa kunci" in (finished.out / "index.html").read_text("utf-8")
    text = (finished.out / "bappeda.html").read_text(encoding="utf-8")
    assert "KEPALA" not in text
    assert not re.search(r"(?<!\d)(?<!\d\.)\d{16}(?!\d)", text)


def test_a_locked_run_shows_no_household_and_is_for_the_owner_alone(
    house_study: Callable[..., study.Finished],
) -> None:
    finished = house_study("internal", study.Lock(PASSWORD))
    pages = [one for one in finished.products if one.endswith(".html") and "/" not in one]
    locked = [one for one in pages if "Halaman terkunci" in (finished.out / one).read_text("utf-8")]
    assert sorted(set(pages) - set(locked)) == ["index.html", "laporan_mutu_data.html"]
    assert len(locked) >= 8
    inside = plain_of((finished.out / "bappeda.html").read_text("utf-8"), PASSWORD)
    houses = data_of(inside)["houses"]
    assert houses["count"] == 36 * 9
    secrets = [
        houses["data"][:40],
        houses["photos"][0][-40:],
        *houses["needs"],
        '"houses"',
        "foto/",
    ]
    register = (finished.out.parent / "register.csv").read_text("utf-8").splitlines()
    for file in (path for path in finished.out.rglob("*") if path.is_file()):
        assert PASSWORD.encode() not in file.read_bytes(), file.name
        if file.name in locked:
            text = file.read_text("utf-8")
            assert [one for one in secrets if one in text] == [], file.name
    # no photo stands beside the pages, and nothing of a register row can be read
    assert not (finished.out / "foto").exists()
    names = [cell for row in register[1:] for cell in row.split(",") if cell.startswith("KEPALA")]
    assert len(names) == 36 * 20
    assert leaks(finished.out, personal=names) == {}
    assert not any("unlocked" in note.key for note in finished.notes)
    if os.name == "posix":
        for path in (finished.out, *finished.out.rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_level_internal_runs_with_a_lock_only(
    house_study: Callable[..., study.Finished],
) -> None:
    with pytest.raises(ConfigError, match=r"--password-file FILE .* --unlocked"):
        house_study("internal")
    with pytest.raises(ConfigError, match="only level internal locks its pages"):
        house_study("agency", study.Lock(PASSWORD))


def test_no_other_level_has_houses(house_study: Callable[..., study.Finished]) -> None:
    finished = house_study("agency")
    assert payload_of(finished)["houses"] is None
    assert not (finished.out / "foto").exists()
    for file in finished.out.glob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert "Supercluster" not in text
        assert "10440" not in text
