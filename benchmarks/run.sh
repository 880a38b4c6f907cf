#!/usr/bin/env bash
# Measures SampleGrad beside BackPACK on this machine and prints a table; see README.md.
#
#   benchmarks/run.sh [EXPERIMENT ...] [OPTIONS]      benchmarks/run.sh --help lists them
#
# BENCHMARKS_ENVIRONMENT  Python environment with peer/requirements.txt; made from PyPI if it is
#                         not there (default: benchmarks/target/environment; several GB)
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
environment=${BENCHMARKS_ENVIRONMENT:-$here/target/environment}

if [ ! -x "$environment/bin/python" ]; then
  echo "Making a Python environment with PyTorch and BackPACK in $environment ..." >&2
  python3 -m venv "$environment.partial"
  "$environment.partial/bin/pip" install --quiet -r "$here/peer/requirements.txt" >&2
  mv "$environment.partial" "$environment"
fi

echo "Building ..." >&2
(cd "$here/.." && ./mvnw -q -B -ntp -DskipTests package -pl benchmarks -am >&2)

exec "$environment/bin/python" "$here/compare.py" "$@"
