"""The one tree of errors; each carries a sentence that says what to do next."""


class EOExploreError(Exception):
    """What went wrong, in one sentence for the person who asked."""


class DatasetNotRecognised(EOExploreError):
    """The folder holds no layout that any reader knows."""


class MetadataError(EOExploreError):
    """A metadata file lacks a column or holds a value that the dataset does not allow."""


class UnknownName(EOExploreError):
    """A name (dataset, sample, layer, band, style) that is not in the list of those that exist."""


class NotAllowed(EOExploreError):
    """A folder outside the allowed roots; the sentence does not say whether it exists."""


class SelectionError(EOExploreError):
    """A condition of a selection that cannot be read or cannot be answered."""


class SplitError(EOExploreError):
    """A split that cannot be made: an unknown rule, a file of no use, or what the dataset lacks."""


class FileUnreadable(EOExploreError):
    """A raster file of the dataset that is truncated, damaged or of another shape."""


class DataMissing(EOExploreError):
    """A layer or band that the dataset should have and this copy has not."""


class JobError(EOExploreError):
    """Long work that cannot start or go on."""


class ModelError(EOExploreError):
    """A model that cannot be loaded or fed: its card, its weights, its bands or its source."""


class PredictionError(EOExploreError):
    """A prediction set that cannot be read, imported or judged."""


class Busy(EOExploreError):
    """More is asked of the models than may wait for them."""


class Withdrawn(EOExploreError):
    """An answer that whoever asked for it wants no more."""


class UploadError(EOExploreError):
    """A file of one's own that is not taken, or that a model cannot use."""
