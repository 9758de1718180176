"""What a person decided on uncertain names, and what is left to decide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sibangkit_geo import join
from sibangkit_geo.sources.review import read_review

if TYPE_CHECKING:
    import pandas as pd

    from sibangkit_geo import config
    from sibangkit_geo.study.registers import Counted
    from sibangkit_geo.tables.public import Boundaries, Located, Profiles


def review_file_of(study: config.Study, folder: Path, out: Path) -> Path:
    """
    Name the file with a person's decisions.

    `out`: Folder of the products.
    """
    name = study.join.review or "join.review.csv"
    beside_study = folder / name
    return beside_study if beside_study.is_file() else out.resolve().parent / Path(name).name


def decisions(review_file: Path) -> dict[str, str]:
    """
    Read a person's decisions on names.

    `review_file`: File; it need not be there.
    Returns: Name in a table to village code; empty without a file.
    Raises DataError: The file is damaged.
    """
    return read_review(review_file) if review_file.is_file() else {}


def uncertain_places(counted: Counted, areas: Boundaries) -> pd.DataFrame:
    """List places of a register that were located by a similar spelling, or not at all."""
    places = counted.places.reindex(columns=["code", "district_name", "village_name"])
    doubtful = counted.located.rows["how"].isin(["spelling", "none"])
    doubtful &= places["village_name"].notna()
    named = places[doubtful].assign(
        code=[
            code if isinstance(code, str) else join.review_key(str(district), str(village))
            for code, district, village in places[doubtful].itertuples(index=False)
        ]
    )
    return _review_lines(named, counted.located.rows[doubtful], areas)


def uncertain_rows(profiles: Profiles, located: Located, areas: Boundaries) -> pd.DataFrame:
    """List names that did not match to the letter, for a person to decide."""
    doubtful = located.rows[located.rows["how"].isin(["spelling", "none"])]
    return _review_lines(profiles.rows.loc[doubtful.index], doubtful, areas)


def _review_lines(rows: pd.DataFrame, doubtful: pd.DataFrame, areas: Boundaries) -> pd.DataFrame:
    return (
        rows[["code", "district_name", "village_name"]]
        .assign(
            kode_desa=doubtful["village_code"],
            nama_desa=doubtful["village_code"].map(areas.official["name"].to_dict()),
            skor=doubtful["score"].round(3),
        )
        .rename(
            columns={
                "code": "kode_tabel",
                "district_name": "kecamatan_tabel",
                "village_name": "desa_tabel",
            }
        )
    )
