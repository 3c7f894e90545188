"""A package as a registry: one new module is one new entry, and nothing else is edited."""

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from eoexplore.core.errors import UnknownName

T = TypeVar("T")


class Registry(Generic[T]):
    """Entries by name, filled by importing every public module of a package on first look-up."""

    def __init__(self, package: str, noun: str) -> None:
        """Name the package whose modules register themselves, and what an entry is called."""
        self._package = package
        self._noun = noun
        self._entries: dict[str, T] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that files an entry under a name; a second use of it is an error."""

        def add(entry: T) -> T:
            if name in self._entries:
                raise ValueError(f"{self._noun} {name!r} is registered twice.")
            self._entries[name] = entry
            return entry

        return add

    def __getitem__(self, name: str) -> T:
        """Return the entry of a name.

        Raises:
            UnknownName: with the names that exist and the nearest of them.
        """
        self._load()
        if name in self._entries:
            return self._entries[name]
        near = difflib.get_close_matches(name, self._entries, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        known = ", ".join(sorted(self._entries)) or "none"
        raise UnknownName(f"No {self._noun} {name[:80]!r}. Known: {known}.{hint}")

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names in alphabetical order."""
        self._load()
        return iter(sorted(self._entries))

    def _load(self) -> None:
        if self._loaded:
            return
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                importlib.import_module(f"{self._package}.{module.name}")
        self._loaded = True
