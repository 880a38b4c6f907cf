#!/usr/bin/env bash
# Runs the JMH benchmarks of primitives, passes and decoding; arguments are JMH's.
#
#   benchmarks/jmh.sh PassBenchmark -p model=cnn,mlp -p backend=cpu -prof gc
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
(cd "$here/.." && ./mvnw -q -B -ntp -DskipTests package -pl benchmarks -am >&2)

read -r -a java_options <"$here/../job/target/classes/org/samplegrad/job/java-options.txt"
OMP_NUM_THREADS=1 exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" "${java_options[@]}" \
  -cp "$here/target/classes:$(<"$here/target/class-path.txt")" org.openjdk.jmh.Main \
  -f 1 -wi 3 -w 2 -i 5 -r 2 "$@"
