"""Types of villages: what may be compared, what the criteria choose, what the card says."""

from __future__ import annotations

import subprocess
import sys
import warnings
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdf
import pytest
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from sibangkit_geo import study
from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.pipeline import VillageFeatures, VillageTypology
from sibangkit_geo.indicators.typology import (
    TypologySettings,
    prepare_features,
    type_profiles,
    village_types,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def made(seed: int = 1, number: int = 90) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Three kinds of villages in three corners, with noise; the kinds are the truth."""
    rng = np.random.default_rng(seed)
    kind = np.repeat([0, 1, 2], number // 3)
    table = pd.DataFrame(
        {
            "jarak_jalan": np.exp(rng.normal(1.5 * kind, 0.3)),
            "persentase_kebun": np.clip(20 + 25 * kind + rng.normal(0, 5, number), 0, 100),
            "jumlah_kk": 300 + rng.normal(0, 20, number) - 80 * (kind == 1),
            "jenis_air": np.where(rng.random(number) < 0.9, kind, (kind + 1) % 3),
        },
        index=[f"16.07.01.{2001 + i}" for i in range(number)],
    )
    corner = np.array([(0, 0), (40_000, 0), (0, 40_000)])[kind]
    places = pd.DataFrame(corner + rng.normal(0, 4000, (number, 2)), columns=["x", "y"])
    places.index = table.index
    return table, places, pd.Series(kind, index=table.index)


QUANTITIES = ["jarak_jalan", "persentase_kebun", "jumlah_kk"]
SETTINGS = TypologySettings(seed=3)


def test_codes_and_area_numbers_are_no_quantities() -> None:
    table, _, _ = made()
    with pytest.raises(DataError, match=r"Codes are given as quantities: jenis_air.*categories"):
        prepare_features(table, quantities=[*QUANTITIES, "jenis_air"])
    with pytest.raises(DataError, match=r"Area codes or years.*iddesa"):
        prepare_features(table.assign(iddesa=1.0), quantities=[*QUANTITIES, "iddesa"])
    with pytest.raises(DataError, match="hold words: jarak_jalan"):
        prepare_features(table.assign(jarak_jalan="dekat"), quantities=QUANTITIES)
    with pytest.raises(
        DataError, match=r'no column jarak_laut\. Columns there.*first: "jarak_jalan", '
    ):
        prepare_features(table, quantities=["jarak_laut", "jumlah_kk"])


def test_what_tells_nothing_or_cannot_be_true_is_left_out_and_said() -> None:
    table, _, _ = made()
    table["sama"] = 4.0
    table["luas"] = np.exp(np.linspace(0, 6, len(table)))
    table["hampir"] = [1.0, 1.0, *[0.0] * 88]
    table["kosong"] = [np.nan] * 30 + [1.0, 2.0] * 30
    table.loc[table.index[0], "persentase_kebun"] = 242.0
    found = prepare_features(
        table,
        quantities=[*QUANTITIES, "luas", "sama", "hampir", "kosong"],
        categories=["jenis_air"],
    )
    assert found.dropped == {
        "sama": "semua desa sama",
        "hampir": "hampir semua desa sama",
        "kosong": "lebih dari seperlima kosong",
    }
    assert found.impossible == {"persentase_kebun": 1}
    assert found.filled == {"persentase_kebun": 1}
    assert found.transformed == ("luas",)
    assert found.categories == ("jenis_air",)


def test_scores_are_centred_and_a_category_weighs_by_its_rarity() -> None:
    table, _, _ = made()
    found = prepare_features(table, quantities=QUANTITIES, categories=["jenis_air"])
    np.testing.assert_allclose(found.scores.mean(), 0, atol=1e-9)
    np.testing.assert_allclose(found.scores[QUANTITIES].std(ddof=0), 1)
    # the variance of a share p divided by its root is 1 - p
    share = (table["jenis_air"] == 1).mean()
    assert found.scores["jenis_air = 1"].var(ddof=0) == pytest.approx(1 - share)
    # the unit of a quantity changes nothing
    metres = prepare_features(
        table.assign(jumlah_kk=table["jumlah_kk"] * 1000),
        quantities=QUANTITIES, categories=["jenis_air"],
    )  # fmt: skip
    np.testing.assert_allclose(metres.scores, found.scores, atol=1e-9)


def test_kinds_that_are_there_are_found() -> None:
    table, places, truth = made()
    features = prepare_features(table, quantities=QUANTITIES, categories=["jenis_air"])
    found = village_types(features, places, settings=SETTINGS)
    assert found.types.max() == 3
    assert adjusted_rand_score(truth, found.types) > 0.95
    assert found.criteria["chosen"].sum() == 1
    assert 0 < found.explained <= 1
    assert found.agreement > 0.5
    # explained inertia never falls with more types at one mixing
    alone = found.criteria[found.criteria["mixing"] == 0].sort_values("n_types")
    assert alone["attribute_inertia"].is_monotonic_increasing


def test_order_and_reruns_change_nothing() -> None:
    table, places, _ = made(2)
    order = np.random.default_rng(5).permutation(len(table))

    def types(table: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
        features = prepare_features(table, quantities=QUANTITIES, categories=["jenis_air"])
        return village_types(features, places, settings=SETTINGS).types

    first = types(table, places)
    assert types(table, places).equals(first)
    shuffled = types(table.iloc[order], places.iloc[order])
    assert adjusted_rand_score(first, shuffled[first.index]) == 1


def test_profiles_tell_the_types_apart() -> None:
    table, places, truth = made()
    features = prepare_features(table, quantities=QUANTITIES, categories=["jenis_air"])
    found = village_types(features, places, settings=SETTINGS)
    profiles = type_profiles(features, found.types)
    number = found.types[truth == 2].mode().iloc[0]
    row = profiles[
        (profiles["village_type"] == number) & (profiles["attribute"] == "persentase_kebun")
    ].iloc[0]
    members = found.types.index[found.types == number]
    assert row["value"] == table.loc[members, "persentase_kebun"].median()
    assert row["all_villages"] == table["persentase_kebun"].median()
    assert row["difference"] > 1
    assert row["n_villages"] == len(members)
    # quantities alone are enough
    plain = prepare_features(table, quantities=QUANTITIES)
    assert set(type_profiles(plain, found.types)["attribute"]) == set(QUANTITIES)


def test_too_few_villages_and_places_without_a_point_are_refused() -> None:
    table, places, _ = made(number=15)
    features = prepare_features(table, quantities=QUANTITIES)
    with pytest.raises(DataError, match="at least 20 villages"):
        village_types(features, places, settings=SETTINGS)
    with pytest.raises(ValueError, match="a place for each"):
        village_types(features, places.assign(x=np.nan), settings=SETTINGS)
    with pytest.raises(ValueError, match="fewest"):
        TypologySettings(fewest=1)


# ---- as estimators of scikit-learn

FEW = "types need at least 20 villages, and this check has fewer"
NOT_OURS = {
    "check_clustering": "types are numbered from 1, as maps number them, not from 0",
    "check_estimators_nan_inf": FEW,
    "check_fit2d_1feature": FEW,
    "check_n_features_in_after_fitting": FEW,
}


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [(VillageFeatures(), {}), (VillageTypology(fewest=2, most=3, smallest=1), NOT_OURS)],
)
def test_estimators_keep_the_contract_of_scikit_learn(
    estimator: Any, expected: dict[str, str]
) -> None:
    with warnings.catch_warnings():
        # of checks that are left out
        warnings.simplefilter("ignore")
        told = check_estimator(estimator, expected_failed_checks=expected, on_skip=None)
    failed = {one["check_name"] for one in told if one["status"] == "xfail"}
    assert failed == set(expected)
    assert sum(one["status"] == "passed" for one in told) > 35


def test_estimators_give_what_the_functions_give() -> None:
    table, places, _ = made()
    features = prepare_features(table, quantities=QUANTITIES, categories=["jenis_air"])
    types = village_types(features, places, settings=SETTINGS)
    first = VillageFeatures(quantities=QUANTITIES, categories=["jenis_air"])
    chain = make_pipeline(clone(first).set_output(transform="pandas"), VillageTypology(seed=3))
    found = chain.fit_predict(table, villagetypology__places=places)
    pd.testing.assert_frame_equal(chain[0].transform(table), features.scores)
    assert chain[0].get_feature_names_out().tolist() == features.scores.columns.tolist()
    assert chain[0].features_.dropped == features.dropped
    np.testing.assert_array_equal(found, types.types)
    pd.testing.assert_series_equal(chain[1].typology_.types, types.types)
    pd.testing.assert_frame_equal(chain[1].typology_.criteria, types.criteria)
    # without labels on the way the same, and a clone learns the same anew
    plain = make_pipeline(first, VillageTypology(seed=3))
    for one in (plain, clone(plain)):
        found = one.fit_predict(table, villagetypology__places=places.to_numpy())
        np.testing.assert_array_equal(found, types.types)
    assert VillageTypology(seed=3).get_params()["seed"] == SETTINGS.seed


def test_other_villages_get_the_type_of_the_nearest_and_fitted_ones_keep_theirs() -> None:
    table, places, truth = made()
    chain = make_pipeline(
        VillageFeatures(quantities=QUANTITIES, categories=["jenis_air"]), VillageTypology(seed=3)
    )
    chain.fit(table, villagetypology__places=places)
    own = chain[-1].labels_
    np.testing.assert_array_equal(chain.predict(table, places=places), own)
    fresh, elsewhere, kind = made(seed=7)
    fresh.loc[fresh.index[0], "jumlah_kk"] = np.nan
    fresh.loc[fresh.index[1], "jenis_air"] = 9
    named = {one: pd.Series(own)[truth.to_numpy() == one].mode()[0] for one in range(3)}
    right = chain.predict(fresh, places=elsewhere) == kind.map(named).to_numpy()
    assert right.mean() > 0.95


def test_types_without_places_are_those_of_the_scores_alone() -> None:
    table, places, _ = made()
    scores = prepare_features(table, quantities=QUANTITIES).scores
    alone = VillageTypology(seed=3).fit(scores)
    assert alone.typology_.mixing == 0
    assert alone.typology_.agreement == 1
    assert (alone.typology_.criteria["place_inertia"] == 0).all()
    assert set(alone.labels_) == set(range(1, alone.labels_.max() + 1))
    with pytest.raises(ValueError, match=r"take no `places`"):
        alone.predict(scores, places=places)
    with pytest.raises(ValueError, match=r"need `places`"):
        VillageTypology(seed=3).fit(scores, places=places).predict(scores)


def test_places_of_other_villages_are_refused() -> None:
    table, places, _ = made()
    scores = prepare_features(table, quantities=QUANTITIES).scores
    for wrong in (places.iloc[::-1], places.iloc[1:], places.assign(x=np.nan), places[["x", "x"]]):
        with pytest.raises((ValueError, KeyError), match=r"one x and y for each|not in index"):
            VillageTypology().fit(scores, places=wrong)


def test_scikit_learn_is_loaded_only_when_it_is_used() -> None:
    code = "import sys, sibangkit_geo; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_study_writes_types_profiles_and_the_card(
    tmp_path: Path, write_small_study: Callable[[Path], Path]
) -> None:
    file = write_small_study(tmp_path)
    layer = gpd.read_file(tmp_path / "desa.geojson")
    rng = np.random.default_rng(1)
    kind = np.repeat([0, 1, 2], 12)
    pd.DataFrame(
        {
            "kode": layer["kode"], "jarak_jalan": 5 * kind + rng.random(36),
            "persentase_kebun": 20 * kind + rng.random(36) * 5, "jenis_air": kind, "periode": 2021,
        }
    ).to_csv(tmp_path / "atribut.csv", index=False)  # fmt: skip
    block = """
[typology]
path = "atribut.csv"
code = "kode"
code_system = "kemendagri"
year = 2021
source = "Atribut buatan"
categories = ["jenis_air"]
leave_out = ["periode"]
"""
    file.write_text(file.read_text("utf-8") + block, "utf-8")
    finished = study.run(file, tmp_path / "out")
    types = pd.read_csv(tmp_path / "out" / "tipologi_desa.csv", index_col="village_code")
    assert adjusted_rand_score(kind, types.loc[layer["kode"], "village_type"]) > 0.95
    assert "typology" in {note.key for note in finished.notes}
    text = "".join(
        page.extract_text()
        for page in pypdf.PdfReader(tmp_path / "out" / "annex" / "tipologi_desa.pdf").pages
    )
    assert "Tipe 1: " in text
    assert "jarak jalan" in text
    # codes that are not named as categories are refused before anything is written
    file.write_text(file.read_text("utf-8").replace('["jenis_air"]', "[]"), "utf-8")
    with pytest.raises(DataError, match=r"atribut\.csv: Codes are given as quantities"):
        study.run(file, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_the_real_table_has_types(shared: Path) -> None:
    table = pd.read_csv(shared / "data" / "banyuasin" / "indikator_desa.csv")
    table.index = pd.Index([str(code) for code in table["iddesa"]])
    coded = ("jenis_", "ada_", "kejadian_", "kejadain_", "dampak_")
    numbers = [
        name
        for name in map(str, table.select_dtypes("number"))
        if not name.startswith(coded) and name not in {"iddesa", "periode"}
    ]
    categories = [name for name in map(str, table) if name.startswith(coded)]
    features = prepare_features(table, quantities=numbers, categories=categories)
    assert features.impossible["persentase_surat_miskin"] == 4
    assert {"indeks_bahaya_longsor", "kejadian_tsunami"} <= set(features.dropped)
    places = pd.DataFrame(
        {"x": table.groupby("nmkec").ngroup() * 1e4, "y": np.arange(len(table)) % 7 * 1e3},
        index=table.index,
    )
    found = village_types(features, places, settings=SETTINGS)
    assert found.types.value_counts().min() >= SETTINGS.smallest
