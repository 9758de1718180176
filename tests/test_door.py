"""What an analyst meets at the door: paths as text, levels mistyped, maps side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pytest

import sibangkit_geo as sg
from sibangkit_geo.errors import ConfigError, DataError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> sg.Study:
    folder = tmp_path_factory.mktemp("door")
    # a path may be text wherever it is a path
    file = sg.write_demo(str(folder), settings=sg.DemoSettings(households=5_000))
    assert sg.find_leaks(str(folder / "foto")) == ()
    found = sg.read_study(str(file))
    quick = replace(found.pockets, stability=False, replicates=99)
    return replace(found, pockets=quick, earlier=(), budget=None, risk_surface=None)


@pytest.fixture(scope="module")
def analysis(study: sg.Study) -> sg.Analysis:
    return sg.analyse(study, level="public")


def test_a_level_that_is_none_is_told_with_the_nearest(study: sg.Study) -> None:
    with pytest.raises(ConfigError, match=r'No level is called "publik".*"public"'):
        sg.analyse(study, level="publik")  # type: ignore[arg-type]


def test_maps_side_by_side_have_titles_of_their_own_and_say_per_cent(
    analysis: sg.Analysis,
) -> None:
    fig, axes = plt.subplots(1, 2, figsize=(12, 5))
    columns = ("floor_share", "school_share")
    for ax, column in zip(axes, columns, strict=True):
        analysis.plot(ax=ax, column=column)
    titles = [ax.get_title(loc="left").replace("\n", " ") for ax in axes]
    legends = [ax.get_legend().get_title().get_text() for ax in axes]
    captions = [ax.texts[-1].get_text().replace("\n", " ") for ax in axes]
    plt.close(fig)
    assert titles[0] == "Lantai tidak layak"
    assert titles[1].startswith("Rumah tangga dengan anak")
    assert all(one.endswith("persen") for one in legends)
    # what was made up is said on every map
    assert all("CONTOH (data buatan)" in one for one in captions)


def test_titles_do_not_reach_into_the_map_beside(analysis: sg.Analysis) -> None:
    fig, axes = plt.subplots(1, 3, figsize=(12, 5))
    for ax in axes:
        analysis.plot(ax=ax)
    fig.canvas.draw()
    title = axes[0]._left_title.get_window_extent()  # noqa: SLF001
    beside = axes[1].get_window_extent().x0
    plt.close(fig)
    assert title.x1 < beside


def test_the_regency_is_named_once(analysis: sg.Analysis) -> None:
    assert repr(analysis).count("Kabupaten Banyuasin") == 1


def test_villages_far_from_pockets_are_not_called_missing() -> None:
    villages = sg.read_boundaries().villages.assign(kk=400, miskin=40)
    villages.loc[villages["district_code"] == "16.07.02", "miskin"] = 220
    found = sg.find_pockets(villages, poor="miskin", households="kk")
    ax = found.plot(column="membership")
    legend = ax.get_legend()
    assert legend is not None
    words = [one.get_text() for one in legend.get_texts()]
    plt.close("all")
    assert "Tidak di sekitar kantong" in words
    assert "Tidak ada data" not in words


def test_faults_name_their_column(study: sg.Study, tmp_path: Path) -> None:
    damage = ("implausible",)
    sg.write_demo(tmp_path, settings=sg.DemoSettings(households=5_000, damage=damage))
    register = sg.read_register(
        tmp_path / "register_2025_rusak.csv",
        code_generation="regsosek2022",
        code_system="kemendagri",
    )
    assert "(luas_lantai): " in register.report._repr_html_()
    villages = sg.read_boundaries().villages.reset_index()
    with pytest.raises(DataError, match="not indexed by their code"):
        register.count(villages, poverty=study.poverty)


def test_a_frame_speaks_indonesian_where_the_notebook_is_not_trusted() -> None:
    shown = sg.PocketMap(title="Peta")._repr_html_()
    assert "Make this Notebook" not in shown
    assert "Peta tampil setelah buku ini dipercaya" in shown
