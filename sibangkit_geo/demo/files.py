"""The files of the demo: register, study and truth, each whole or not at all."""

from __future__ import annotations

import errno
import json
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
from PIL import Image, ImageDraw, ImageFont

from sibangkit_geo.demo import damage, people, world
from sibangkit_geo.demo.damage import write_damaged
from sibangkit_geo.demo.people import draw_members
from sibangkit_geo.demo.studies import WAVES, Wave, register_text, study_text
from sibangkit_geo.errors import ConfigError, nearest
from sibangkit_geo.registers.household_keys import SALT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from sibangkit_geo.demo.world import DemoVillages

# every village needs a few households, and identity numbers hold six digits for two series
_FEWEST, _MOST = 5_000, 450_000
PHOTO, PHOTO_FOLDER = "foto_rumah", "foto"
PICTURED = ("jenis_dinding_terluas", "jenis_atap_terluas", "jenis_lantai_terluas")
# partner, need, households, years after the study's; invented
_PROMISED = (
    ("csr", "roof", 25, 1), ("csr", "sanitation", 40, 1), ("baznas", "no_village_aid", 30, 1),
    ("bank", "no_credit", 60, 1), ("csr", "water", 50, 2), ("bank", "no_account", 80, 2),
)  # fmt: skip
NEEDS = (*people.ITEMS, *people.NEED_OF.values())

#: houses with a picture
HOUSES = 48
_SIZE = (640, 480)
_SKY, _GRASS, _DARK = (206, 226, 240), (156, 178, 120), (70, 62, 56)
# answers of Regsosek-2022 to a colour; others take the last
_WALL = {"1": (226, 220, 208), "2": (214, 200, 170), "3": (170, 126, 84), "4": (200, 176, 120),
         "5": (120, 92, 66), "6": (188, 170, 112), "": (190, 180, 165)}  # fmt: skip
_ROOF = {"1": (150, 150, 150), "2": (176, 84, 60), "3": (150, 158, 166), "4": (196, 196, 190),
         "7": (120, 104, 60), "": (140, 120, 100)}  # fmt: skip
_FLOOR = {"8": (126, 96, 64), "7": (176, 160, 104), "": (170, 170, 168)}
_QUALITY = 70


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """
    How large the demo is.

    Attributes
    ----------
    households
        Households in the register, 5,000 to 450,000.
    seed
        Seed of every draw, at least 0; same seed, same bytes.
    pockets
        Whether pockets are planted.
    damage
        Kinds of damage done to the register of 2025, see `damage.KINDS`.

    Examples
    --------
    >>> DemoSettings(households=20_000).seed
    1607
    >>> DemoSettings(households=100)
    Traceback (most recent call last):
        ...
    ValueError: `households` must be 5,000 to 450,000, got 100.
    """

    households: int = 250_000
    seed: int = 1607
    pockets: bool = True
    damage: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not _FEWEST <= self.households <= _MOST:
            msg = f"`households` must be {_FEWEST:,} to {_MOST:,}, got {self.households:,}."
            raise ValueError(msg)
        if self.seed < 0:
            msg = f"`seed` must be at least 0, got {self.seed}."
            raise ValueError(msg)
        unknown = [kind for kind in self.damage if kind not in damage.KINDS]
        if unknown:
            msg = f'Unknown kind of damage "{unknown[0]}". {nearest(unknown[0], damage.KINDS)}'
            raise ConfigError(msg)
        if len(set(damage.GENERATION_KINDS) & set(self.damage)) > 1:
            msg = "A register is rendered as p3ke or as bdt2015, not as both."
            raise ConfigError(msg)


def write_demo(folder: str | Path, *, settings: DemoSettings) -> Path:
    """
    Write an invented household register of Banyuasin, its study file and the truth behind it.

    The wave of 2020 stands beside it: the same villages, poorer and without one
    of the pockets; it is no panel, one number in both is not one household.
    Nobody in it exists. Grain of a register: one row per household.

    Parameters
    ----------
    folder
        Where the files go; made when absent. ``register_YEAR.csv``,
        ``study.toml`` and ``truth.json`` (of 2025), ``study_2020.toml`` and
        ``truth_2020.json``; files of the same name are replaced. A damaged
        register stands under another name, with ``damage.json``.
    settings
        Size, seed, pockets.

    Returns
    -------
    study
        Path of ``study.toml``.

    Raises
    ------
    ConfigError
        A kind of damage is unknown.
    MissingFileError
        The installation lacks its boundaries.
    OSError
        The folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = write_demo(Path(folder), settings=DemoSettings(households=5000))
    ...     register = pd.read_csv(study.with_name("register_2025.csv"), dtype=str)
    ...     truth = json.loads(study.with_name("truth.json").read_text("utf-8"))
    >>> len(register), [one["shape"] for one in truth["pockets"]][:2]
    (5000, ['compact', 'coast'])
    """
    folder = Path(folder)
    with nothing_left(folder), _named(folder):
        for wave in WAVES:
            _write_wave(folder, wave, settings=settings)
        # nobody lives here: the secret may follow from the seed, so that equal demos are equal
        secret = np.random.default_rng([settings.seed, *b"salt"]).bytes(SALT_BYTES)
        _replace(folder / "sibangkit.salt", f"{secret.hex()}\n", mode=0o600)
    return folder / "study.toml"


@contextmanager
def nothing_left(folder: Path) -> Iterator[None]:
    """
    Make a folder; where what follows stops, take away what is new in it, and leave what was there.

    Parameters
    ----------
    folder
        Folders above it that had to be made go with it.

    Yields
    ------
    nothing
        While the folder is being filled.

    Raises
    ------
    OSError
        The folder cannot be made; whatever else stops the filling goes on.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as place:
    ...     with suppress(OSError), nothing_left(Path(place) / "new" / "data"):
    ...         raise OSError
    ...     [*Path(place).iterdir()]
    []
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    before = set() if missing else set(folder.iterdir())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for one in set(folder.glob("*")) - before:
            if one.is_dir():
                shutil.rmtree(one, ignore_errors=True)
            else:
                one.unlink(missing_ok=True)
        for one in missing:
            with suppress(OSError):  # it may not be there yet, or hold what somebody else put there
                one.rmdir()
        raise


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Say where it was that nothing could be written: polars gives neither number nor name."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            number, told = error.errno or errno.EIO, error.strerror or str(error)
            raise OSError(number, told, str(folder)) from error
        raise


def _write_wave(folder: Path, wave: Wave, *, settings: DemoSettings) -> None:
    rows, truth = _draw(settings, wave)
    latest = wave.year == max(one.year for one in WAVES)
    damaged = settings.damage if latest else ()
    if latest:
        _write_beside(folder, rows, wave, seed=settings.seed)
    if damaged:
        register = write_damaged(rows, folder, year=wave.year, kinds=damaged, seed=settings.seed)
    else:
        _replace(folder / f"register_{wave.year}.csv", rows)
        register = register_text(wave.year)
    _replace(folder / f"truth{wave.suffix}.json", json.dumps(truth, indent=1) + "\n")
    _replace(folder / f"desa_{wave.year}.csv", _village_table(truth))
    _replace(folder / f"janji_{wave.year}.csv", _pledges(truth, wave.year))
    # the study comes last: where it is, the files it names are whole
    text = study_text(
        wave,
        seed=settings.seed,
        register=register,
        earlier=tuple(one.year for one in WAVES if one.year < wave.year),
    )
    _replace(folder / f"study{wave.suffix}.toml", text)


def _write_beside(folder: Path, rows: pd.DataFrame, wave: Wave, *, seed: int) -> None:
    """Write the members of the households, and drawn pictures of some houses."""
    members = draw_members(
        rows["jumlah_anggota_keluarga"].to_numpy(),
        child_not_in_school=(rows["anak_tidak_sekolah"] == people.YES).to_numpy(),
        documents_match=(rows["padan_dukcapil"] == people.YES).to_numpy(),
        rng=np.random.default_rng([seed, wave.year, 3]),
    )
    path = folder / f"members_{wave.year}.csv"
    temporary = path.with_name(f".{path.name}.tmp")
    members.write_csv(temporary)
    temporary.replace(path)
    pictures = folder / PHOTO_FOLDER
    pictures.mkdir(exist_ok=True)
    pictured = rows.loc[rows[PHOTO].ne("")]
    for number, (_, home) in enumerate(pictured.iterrows()):
        answered = {column: str(home[column]) for column in PICTURED}
        (pictures / home[PHOTO]).write_bytes(draw_house(answered, number=number))


def _photos(village: NDArray[np.int64], *, seed: int) -> NDArray[np.object_]:
    """Choose the houses with a picture; its name tells nothing of the house."""
    chosen = np.random.default_rng([seed, 4]).permutation(len(village))[:HOUSES]
    names = np.full(len(village), "", dtype=object)
    names[np.sort(chosen)] = [f"rumah_{number:03d}.jpg" for number in range(1, HOUSES + 1)]
    return names


def _draw(settings: DemoSettings, wave: Wave) -> tuple[pd.DataFrame, dict[str, object]]:
    """Draw one wave: the register's columns, and what they were drawn from."""
    rate = wave.rate_percent / 100
    places = world.draw_villages(
        households=settings.households, poor_share=people.poor_household_share(rate),
        needs=NEEDS, year=wave.year, seed=settings.seed, pockets=settings.pockets,
    )  # fmt: skip
    # a stream each, so that another column leaves the others as they are
    stream = [np.random.default_rng([settings.seed, wave.year, part]) for part in range(3)]
    houses = world.place_houses(places, rng=stream[0])
    persons = people.draw_people(places, houses, rate=rate, line=wave.line_rp_month, rng=stream[1])
    register = people.Register(places, houses, persons, stream[2])
    rows = _columns(register)
    rows[PHOTO] = _photos(houses.village, seed=settings.seed)
    covered = world.coverage(places, seed=settings.seed)
    truth: dict[str, object] = {
        "seed": settings.seed,
        "year": wave.year,
        "rate_percent_of_persons": wave.rate_percent,
        "rho": world.RHO,
        "assistance": people.leak_and_gap(rows),
        "pockets": _pocket_truth(places),
        "coverage": {str(code): round(float(share), 4) for code, share in
                     zip(places.code, covered, strict=True) if share < 1},
        "villages": _village_truth(places, persons.scale),
    }  # fmt: skip
    return rows, truth


def _columns(register: people.Register) -> pd.DataFrame:
    """Put the columns side by side; the draws happen in this order."""
    places, houses, persons = register.villages, register.houses, register.people
    return pd.DataFrame(
        {
            "kode_desa": places.code[houses.village],
            **people.identities(places.code, houses.village),
            "jumlah_anggota_keluarga": persons.size,
            "desil_nasional": persons.decile,
            "pengeluaran_per_kapita": persons.spending,
            **people.house_answers(register),
            **people.water_answers(register),
            **people.other_answers(register),
            **people.assistance_answers(register),
            # drawn last: the columns before it keep their bytes
            **people.bank_answers(register),
            "lon": houses.longitude,
            "lat": houses.latitude,
        }
    )


def _pocket_truth(places: DemoVillages) -> list[dict[str, object]]:
    return [
        {
            "pocket": one.number,
            "cause": one.cause or None,
            "shape": one.shape,
            "relative_risk": one.relative_risk,
            "villages": list(one.villages),
        }
        for one in places.planted
    ]


def _village_truth(places: DemoVillages, scale: float) -> dict[str, dict[str, object]]:
    cause = {one.number: one.cause for one in places.planted}
    rate = np.minimum(places.rate * scale, 1.0)
    return {
        str(code): {
            "households": int(places.households[row]),
            "mean_probability": round(float(places.mean_rate[row] * scale), 6),
            "probability": round(float(rate[row]), 6),
            "pocket": int(places.pocket[row]) or None,
            "cause": cause.get(int(places.pocket[row])) or None,
        }
        for row, code in enumerate(places.code)
    }


def _village_table(truth: dict[str, object]) -> pd.DataFrame:
    """List the households of each village by another count, which the register does not reach."""
    covered, drawn = truth["coverage"], truth["villages"]
    assert isinstance(covered, dict)  # noqa: S101 - built above
    assert isinstance(drawn, dict)  # noqa: S101 - built above
    total = [round(one["households"] / covered.get(code, 1.0)) for code, one in drawn.items()]
    return pd.DataFrame({"kode_desa": list(drawn), "jumlah_kk": total})


def _pledges(truth: dict[str, object], year: int) -> pd.DataFrame:
    """Let partners promise something in the largest villages; invented."""
    drawn = truth["villages"]
    assert isinstance(drawn, dict)  # noqa: S101 - built above
    largest = sorted(drawn, key=lambda code: (-drawn[code]["households"], code))
    rows = [
        (partner, largest[rank], "", need, units, year + after)
        for rank, (partner, need, units, after) in enumerate(_PROMISED)
    ]
    return pd.DataFrame(rows, columns=["mitra", "desa", "kantong", "kebutuhan", "unit", "tahun"])


def _replace(path: Path, content: str | pd.DataFrame, *, mode: int = 0) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    if isinstance(content, str):
        temporary.write_text(content, encoding="utf-8", newline="\n")
    else:
        # an empty text would be written as two quotation marks
        cells = pl.from_pandas(content).with_columns(pl.col(pl.String).replace("", None))
        cells.write_csv(temporary, float_precision=5)
    if mode:
        temporary.chmod(mode)
    temporary.replace(path)


def draw_house(answers: Mapping[str, str], *, number: int) -> bytes:
    """
    Draw a house whose wall, roof and floor are those of the answers.

    `answers`: ``jenis_dinding_terluas``, ``jenis_atap_terluas``, ``jenis_lantai_terluas``.
    `number`: Number of the picture; shapes differ a little with it.
    Returns: JPEG, 640 x 480, the same bytes for the same answers and number.
    """
    picture = Image.new("RGB", _SIZE, _SKY)
    pen = ImageDraw.Draw(picture)
    width, height = _SIZE
    ground = int(height * 0.72)
    pen.rectangle((0, ground, width, height), fill=_GRASS)
    left, right = 130 + number * 7 % 60, width - 130 - number * 11 % 60
    top = 190 + number * 13 % 40
    wall = _WALL.get(answers["jenis_dinding_terluas"], _WALL[""])
    # houses of the tidal lowland stand on posts
    raised = 34 if number % 3 == 0 else 0
    for post in range(left + 10, right, 60) if raised else ():
        pen.rectangle((post, ground - raised, post + 8, ground), fill=_DARK)
    floor = _FLOOR.get(answers["jenis_lantai_terluas"], _FLOOR[""])
    pen.rectangle((left - 14, ground - raised - 10, right + 14, ground - raised), fill=floor)
    pen.rectangle((left, top, right, ground - raised - 10), fill=wall, outline=_DARK)
    step = 26 if answers["jenis_dinding_terluas"] in {"3", "4", "5", "6"} else 0
    for plank in range(left + step, right, step) if step else ():
        pen.line((plank, top, plank, ground - raised - 10), fill=_DARK)
    roof = _ROOF.get(answers["jenis_atap_terluas"], _ROOF[""])
    peak = ((left + right) // 2, top - 90)
    pen.polygon(((left - 40, top), peak, (right + 40, top)), fill=roof, outline=_DARK)
    door = (left + right) // 2
    pen.rectangle((door - 28, top + 50, door + 28, ground - raised - 10), fill=_DARK)
    pen.rectangle((left + 30, top + 40, left + 90, top + 95), fill=_SKY, outline=_DARK)
    pen.text((16, height - 34), "GAMBAR BUATAN, BUKAN FOTO", fill=_DARK,
             font=ImageFont.load_default(size=20))  # fmt: skip
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()
