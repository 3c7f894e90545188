"""The index, the catalog and everything else that EOExplore keeps on disk."""
