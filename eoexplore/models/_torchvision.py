"""Makes torchvision importable beside a torch that was built for another device."""

import sys
import threading
from typing import Any

_LOCK = threading.Lock()
_declared: list[Any] = []  # A library is taken back when it is collected.
# As torchvision declares them (torchvision/csrc/ops/nms.cpp and quantized/cpu/qnms_kernel.cpp).
_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def ready() -> None:
    """Make `import torchvision` work; call it before timm or segmentation-models-pytorch.

    The torchvision of the package index is built for CUDA. Beside a torch for the CPU its compiled
    part cannot be loaded, and the import then fails with "operator torchvision::nms does not
    exist", since it describes two operators that nobody has declared. No model here uses them, so
    declaring them is enough. Does nothing where torchvision loads by itself.
    """
    with _LOCK:
        if "torchvision" in sys.modules:
            return
        try:
            import torchvision  # noqa: F401
        except RuntimeError as error:
            if "torchvision::nms" not in str(error):
                raise
            _declare()


def _declare() -> None:
    from torch import library

    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    operators: Any = library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        operators.define(name + _SIGNATURE)
    _declared.append(operators)
    import torchvision  # noqa: F401
