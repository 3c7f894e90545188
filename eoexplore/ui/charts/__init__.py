"""Charts on a page: options, the figure, what it says, its table, and files of both."""
