"""Demo data: a synthetic reBEN, and 24 genuine patches (`real`)."""

from eoexplore.demo.generate import Summary, generate, read_summary

__all__ = ["Summary", "generate", "read_summary"]
