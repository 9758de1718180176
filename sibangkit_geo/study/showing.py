"""Stages whose results show themselves, for notebooks: the same functions, a thin class around."""

from __future__ import annotations

from sibangkit_geo.pockets import hamlets, moran_gi, regionalization
from sibangkit_geo.products.patterns import DividedAreas, FoundHamlets, LocalPattern
from sibangkit_geo.products.shown import showing

local_moran = showing(LocalPattern, moran_gi.local_moran)
local_moran_rates = showing(LocalPattern, moran_gi.local_moran_rates)
local_gi = showing(LocalPattern, moran_gi.local_gi)
local_gi_star = showing(LocalPattern, moran_gi.local_gi_star)
planning_areas = showing(DividedAreas, regionalization.planning_areas)
hamlet_scan = showing(FoundHamlets, hamlets.hamlet_scan)
