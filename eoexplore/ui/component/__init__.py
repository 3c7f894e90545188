"""What every component of ours shares: how it is registered, served and mounted."""

from eoexplore.ui.component.registering import base_path, bootstrap, files_version, register

__all__ = ["base_path", "bootstrap", "files_version", "register"]
