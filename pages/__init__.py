"""One script per page; each begins with a literal PAGE and calls into eoexplore."""
