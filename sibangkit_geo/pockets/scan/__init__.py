"""Scan statistics in space and time, as a library in their own right."""

from sibangkit_geo.pockets.scan.result import ScanCluster, ScanResult, clusters_frame
from sibangkit_geo.pockets.scan.settings import ScanSettings
from sibangkit_geo.pockets.scan.space_time import scan_space_time
from sibangkit_geo.pockets.scan.statistic import scan_statistic

__all__ = [
    "ScanCluster",
    "ScanResult",
    "ScanSettings",
    "clusters_frame",
    "scan_space_time",
    "scan_statistic",
]
