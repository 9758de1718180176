"""The offline map page: template, script, style and vendored libraries in one HTML file."""
