"""A study of several regencies: one file, and the study of each that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sibangkit_geo import codes, config
from sibangkit_geo.errors import ConfigError, SibangkitError, nearest
from sibangkit_geo.model.toml import build, refuse, require_year

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_OWN = "regency"
# what each regency has of its own; written for all it would stand for each of them
_OF_ONE: Mapping[str, tuple[str, ...]] = {
    "official": ("rate_percent", "poor_people"),
    "target": (),
    "budget": ("ceilings",),
}
_CODE, _NAME = "{regency}", "{regency_name}"


@dataclass(frozen=True, slots=True)
class ProvinceSection:
    """
    The ``[study]`` table of a study of several regencies.

    Attributes
    ----------
    title
        Of the products; that of a regency adds its name, or has it in the place of
        ``{regency_name}``.
    year
        Year of the study; each indicator keeps the year of its data.
    province
        Code of a province, ``"16"``: all its regencies and cities.
    regencies
        Dotted codes, in the place of ``province``.
    across_borders
        Whether pockets are also looked for on the map of all regencies together.
    language
        Language of the products; Indonesian today.
    seed
        Seed of every random draw.

    Raises
    ------
    ConfigError
        Neither a province nor regencies, or both; a code is unknown or stands twice.

    Examples
    --------
    >>> len(ProvinceSection("Kantong kemiskinan", 2025, province="16").codes)
    17
    >>> ProvinceSection("Kantong kemiskinan", 2025)
    Traceback (most recent call last):
        ...
    sibangkit_geo.errors.ConfigError: [study] needs province or regencies, one of both.
    """

    title: str
    year: int
    province: str = ""
    regencies: tuple[str, ...] = ()
    across_borders: bool = False
    language: Literal["id"] = "id"
    seed: int = config.DEFAULT_SEED

    def __post_init__(self) -> None:
        """Check year and codes."""
        require_year(self.year)
        if bool(self.province) == bool(self.regencies):
            msg = "[study] needs province or regencies, one of both."
            raise ConfigError(msg)
        if len(set(self.regencies)) < len(self.regencies):
            msg = "[study] regencies names one twice."
            raise ConfigError(msg)
        if not self.codes:
            msg = (
                f'Unknown province "{self.province}" in [study] province: no regency has it. '
                'Example: "16".'
            )
            raise ConfigError(msg)
        for one in self.codes:
            codes.require_regency(one)

    @property
    def codes(self) -> tuple[str, ...]:
        """Dotted codes of the regencies, ascending."""
        known = codes.regencies()
        within = (one for one in known if one.partition(".")[0] == self.province)
        return tuple(sorted(self.regencies or within))


@dataclass(frozen=True, slots=True)
class Several:
    """
    A study file of several regencies.

    `tables`: Code to the tables of that regency's own study, not checked yet.
    """

    file: Path
    section: ProvinceSection
    tables: Mapping[str, dict[str, Any]]

    def study(self, code: str) -> config.Study:
        """
        Check the study of one regency, its paths resolved and its files there.

        Raises ConfigError: As of `config.read_study`.
        """
        written = config.study_of(self.tables[code], file=f"{self.file.name} [{code}]")
        return config.resolved(written, self.file.resolve().parent)

    def common(self) -> config.Study:
        """
        Check a study of the whole: the first regency's whose tables are in order.

        Raises ConfigError: No regency's are: what is wrong with the first.
        """
        first: SibangkitError | None = None
        for code, table in self.tables.items():
            try:
                return config.study_of(table, file=f"{self.file.name} [{code}]")
            except SibangkitError as error:
                first = first or error
        raise first or ConfigError


def read_regencies(path: Path) -> Several | None:
    """
    Read a study file of several regencies.

    Common tables stand as in a study of one; ``[regency."16.07"]`` holds what one regency has
    of its own, key by key, lists whole. ``{regency}`` in a text becomes the code.

    Returns: None for a study of one regency.
    Raises ConfigError: The file is missing or no TOML; codes are wrong; a figure of one regency
        is written for all.
    """
    table = config.study_table(path)
    section = table.get("study")
    if not isinstance(section, dict) or not section.keys() & {*config.SEVERAL}:
        return None
    province = build(ProvinceSection, section, file=path.name, called="study file")
    own = table.pop(_OWN, {})
    refuse(_faults(table, own, province), file=path.name)
    common = {key: one for key, one in table.items() if key != "study"}
    return Several(
        path,
        province,
        {code: _table(common, own.get(code, {}), province, code) for code in province.codes},
    )


def _faults(table: Mapping[str, Any], own: object, province: ProvinceSection) -> list[str]:
    """List figures of one regency that stand for all, and regencies that the study has not."""
    if not isinstance(own, dict) or not all(isinstance(one, dict) for one in own.values()):
        return [f'[{_OWN}] must hold a table for each regency: [{_OWN}."16.07".official]']
    faults = [
        f'Unknown regency "{code}" in [{_OWN}]. {nearest(code, province.codes)}'
        for code in own.keys() - {*province.codes}
    ]
    faults += [
        f'[{_OWN}."{code}".{name}] stands for all regencies: write it once, as [{name}]'
        for code, one in own.items()
        for name in ("disclosure", "study")
        if name in one
    ]
    for name, keys in _OF_ONE.items():
        held = table.get(name)
        told = [one for one in keys if isinstance(held, dict) and one in held]
        if held is not None and (told or not keys):
            faults.append(
                f"[{name}] {', '.join(told)} would stand for every regency. Write what is of one "
                f'under [{_OWN}."16.07".{name}]'
            )
    return sorted(faults)


def _table(
    common: Mapping[str, Any], own: Mapping[str, Any], province: ProvinceSection, code: str
) -> dict[str, Any]:
    """Put together the tables of one regency."""
    name = codes.require_regency(code)
    titled = province.title if _NAME in province.title else f"{province.title}: {_NAME}"
    study = {"title": titled, "regency": code, "year": province.year,
             "language": province.language, "seed": province.seed}  # fmt: skip
    review = {"join": {"review": f"join.review.{_CODE}.csv"}}
    merged = _merged(_merged({"study": study, **review}, common), own)
    filled = _filled(merged, {_CODE: code, _NAME: name})
    assert isinstance(filled, dict)  # noqa: S101 - as it came
    return filled


def _merged(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one table over another, key by key; lists are taken whole."""
    made = dict(common)
    for key, one in own.items():
        before = made.get(key)
        both = isinstance(one, dict) and isinstance(before, dict)
        made[key] = _merged(before, one) if both else one  # type: ignore[arg-type]
    return made


def _filled(value: object, words: Mapping[str, str]) -> object:
    """Put code and name of the regency into every text."""
    if isinstance(value, str):
        for mark, word in words.items():
            value = value.replace(mark, word)
        return value
    if isinstance(value, list):
        return [_filled(one, words) for one in value]
    if isinstance(value, dict):
        return {key: _filled(one, words) for key, one in value.items()}
    return value
