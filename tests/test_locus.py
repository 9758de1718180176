"""Lists of villages beside the pockets: counts by hand, in a study, and bad lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sibangkit_geo import study
from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.estimates import list_overlap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CODES = [f"16.07.01.{2001 + i}" for i in range(6)]


def test_overlap_by_hand() -> None:
    found = pd.Series([True, True, True, False, False, False], index=CODES)
    poor = pd.Series([10.0, 20.0, 30.0, 40.0, None, 0.0], index=CODES)
    one = list_overlap(found, CODES[2:4], poor_households=poor)
    assert one[["n_found", "n_listed", "n_both", "n_found_only", "n_listed_only"]].tolist() == [
        3, 2, 1, 2, 1,
    ]  # fmt: skip
    assert one["jaccard"] == 0.25
    assert one[["poor_found_share", "poor_listed_share", "poor_both_share"]].tolist() == [
        0.6, 0.7, 0.3,
    ]  # fmt: skip


@given(hit=st.lists(st.booleans(), min_size=6, max_size=6), listed=st.sets(st.sampled_from(CODES)))
def test_overlap_adds_up(hit: list[bool], listed: set[str]) -> None:
    poor = pd.Series(1.0, index=CODES)
    one = list_overlap(pd.Series(hit, index=CODES), listed, poor_households=poor)
    assert one["n_found"] == one["n_both"] + one["n_found_only"] == sum(hit)
    assert one["n_listed"] == one["n_both"] + one["n_listed_only"] == len(listed)


def test_a_stranger_on_the_list_is_refused() -> None:
    found = pd.Series(True, index=CODES)
    with pytest.raises(DataError, match=r"first: 16\.07\.99\.2001"):
        list_overlap(found, ["16.07.99.2001"], poor_households=pd.Series(1.0, index=CODES))
    with pytest.raises(ValueError, match="indexed differently"):
        list_overlap(found, [], poor_households=pd.Series(1.0, index=CODES[::-1]))


def test_a_study_compares_its_pockets_with_a_decree(
    tmp_path: Path, write_small_study: Callable[[Path], Path]
) -> None:
    file = write_small_study(tmp_path)
    code = gpd.read_file(tmp_path / "desa.geojson")["kode"]
    # two of the four poor villages, one other, and one that is not there
    listed = [*code[[0, 1, 20]], "16.07.99.2001"]
    pd.DataFrame({"kode_desa": listed}).to_csv(tmp_path / "sk.csv", index=False)
    block = """
[[locus]]
path = "sk.csv"
name = "stunting"
label = "Lokus stunting"
code = "kode_desa"
code_system = "kemendagri"
year = 2024
source = "SK buatan"
"""
    file.write_text(file.read_text("utf-8") + block, "utf-8")
    finished = study.run(file, tmp_path / "out")
    row = pd.read_csv(tmp_path / "out" / "lokus.csv").iloc[0]
    assert row[["desa_lokus", "keduanya", "lokus_di_luar_kantong"]].tolist() == [3, 2, 1]
    listed_villages = pd.read_csv(tmp_path / "out" / "lokus_desa.csv")
    assert listed_villages["village_code"].tolist() == sorted(code[[0, 1, 20]])
    texts = {note.key: note.text for note in finished.notes}
    assert "2 dari 4 desa kantong ada dalam daftar 3 desa" in texts["locus_overlap"]
    assert texts["locus_rows_lost"].startswith("Lokus stunting: 1 baris")
