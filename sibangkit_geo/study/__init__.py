"""The whole study: the only room that knows the order of the stages."""

from sibangkit_geo.study.running import Finished, run

__all__ = ["Finished", "run"]
