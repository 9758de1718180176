"""
Sibangkit Geo: from registers and boundaries to poverty pockets and the maps of each agency.

The public names stand in ``__init__.pyi``, in the order in which data flow; each is loaded when
it is first used, so that `sibangkit --help` does not wait for geopandas.
"""

__version__ = "0.1.0"

try:
    import lazy_loader
except ModuleNotFoundError:

    def __getattr__(name: str) -> object:
        """Let `sibangkit doctor` start all the same, which tells what else is missing."""
        msg = f"{name} cannot be loaded: the library lazy-loader is missing, see `sibangkit doctor`"
        raise AttributeError(msg)
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
