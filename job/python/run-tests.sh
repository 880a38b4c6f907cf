#!/usr/bin/env bash
# Runs the tests of the Python package, where there is a Python with torch, onnx, onnxscript and
# pytest: $SAMPLEGRAD_PYTHON, or else python3. Where there is none it says so and ends with 0, or
# with 3 where it was asked for --available.
#
#   job/python/run-tests.sh [--available | PYTEST OPTIONS]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"

python=${SAMPLEGRAD_PYTHON:-python3}
missing=$("$python" -c '
import importlib.util
needed = "torch", "onnx", "onnxscript", "numpy", "pytest"
print(*(name for name in needed if importlib.util.find_spec(name) is None))
' 2>/dev/null) || missing="Python itself"

if [ "${1:-}" = --available ]; then
  [ -z "$missing" ] || exit 3
  exit 0
fi
if [ -n "$missing" ]; then
  cat >&2 <<END
************************************************************************************************
SKIPPED: the tests of the Python package samplegrad. '$python' lacks: $missing.
To run them: pip install torch onnx onnxscript onnxruntime pytest, and if that is not python3's,
set SAMPLEGRAD_PYTHON to the interpreter.
************************************************************************************************
END
  exit 0
fi
exec "$python" -m pytest -q "$@"
