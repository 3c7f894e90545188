"""The inference page: a model, and a patch, the selection, or an own GeoTIFF."""
