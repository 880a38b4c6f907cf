"""Importing the package asks for nothing."""

import pathlib
import subprocess
import sys


def test_torch_and_onnx_are_imported_when_called():
    root = pathlib.Path(__file__).parents[1]
    code = (
        "import sys, samplegrad; "
        "sys.exit(bool({'torch', 'onnx', 'numpy', 'onnxruntime'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0
