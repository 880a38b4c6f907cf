"""Brings PyTorch models to SampleGrad.

- :func:`export` writes a module as an ONNX file in which every parameter is whole and has its name.
- :func:`save_weights` writes the parameters of a module for ``--weights``.

torch and onnx are imported when a function that needs them is called.
"""

from ._errors import UnusableModel
from ._export import Export, export
from ._weights import save_weights

__version__ = "0.1.0"
__all__ = ["Export", "UnusableModel", "export", "save_weights"]
