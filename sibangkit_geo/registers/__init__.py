"""House cards without a name, for authorised use; the only products that see household rows."""

from sibangkit_geo.registers.house_cards import KeptCards, build_cards, with_photos
from sibangkit_geo.registers.photos import Photos, small_photo

__all__ = ["KeptCards", "Photos", "build_cards", "small_photo", "with_photos"]
