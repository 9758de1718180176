"""The manifest: what went in, how, and what came out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sibangkit_geo.outputs.staging import MANIFEST, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sibangkit_geo.tables.provenance import Provenance
    from sibangkit_geo.tables.public import Note


def write_manifest(
    folder: Path, provenance: Provenance, *, result: Mapping[str, object], notes: Iterable[Note]
) -> None:
    """
    Write ``manifest.json`` beside the products that are already in the folder.

    `provenance`: Inputs, settings, seed, versions, time.
    """
    products = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    content = {
        "created": provenance.created,
        "seed": provenance.seed,
        "versions": dict(provenance.versions),
        "inputs": [
            {"role": one.role, "file": one.name, "sha256": one.sha256, "source": one.source}
            for one in provenance.inputs
        ],
        "settings": provenance.settings,
        "result": result,
        "notes": [{"key": one.key, "text": one.text, "count": one.count} for one in notes],
        "products": [*products, MANIFEST],
    }
    write_text(folder / MANIFEST, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
