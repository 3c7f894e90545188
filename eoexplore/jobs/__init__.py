"""Long work: building an index, and any command as a background job with progress and cancel."""
