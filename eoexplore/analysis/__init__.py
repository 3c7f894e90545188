"""Pure functions over arrays and tables: no files, no clock, no pictures."""
