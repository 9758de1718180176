"""The documentation as a site that opens from a folder: generated pages, assembled and built."""
