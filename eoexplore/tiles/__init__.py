"""Tiles, point and patch queries, and the browser's own files, over HTTP."""
