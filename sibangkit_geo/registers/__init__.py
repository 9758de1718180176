"""The household wall: registers are read, checked and counted here, and their rows stay here."""

from sibangkit_geo.registers.house_cards import KeptCards, build_cards, with_photos
from sibangkit_geo.registers.household_keys import sum_keys
from sibangkit_geo.registers.photos import Photos, small_photo

__all__ = ["KeptCards", "Photos", "build_cards", "small_photo", "sum_keys", "with_photos"]
