"""The nouns of EOExplore: types, errors, settings, registry, grids and the selection grammar."""
