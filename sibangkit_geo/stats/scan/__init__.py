"""Scan statistics in space and time, as a library in their own right."""

from sibangkit_geo.stats.scan.model import ScanSettings
from sibangkit_geo.stats.scan.statistic import (
    ScanCluster,
    ScanResult,
    clusters_frame,
    scan_space_time,
    scan_statistic,
)

__all__ = [
    "ScanCluster",
    "ScanResult",
    "ScanSettings",
    "clusters_frame",
    "scan_space_time",
    "scan_statistic",
]
