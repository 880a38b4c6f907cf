#!/usr/bin/env bash
# Runs SampleGrad with an embedded Spark on this machine. Builds it first if that was not done yet
# or the sources have changed since.
#
#   submit-scripts/run-local.sh [COMMAND [OPTIONS]]      without arguments: the demonstration
#
# SAMPLEGRAD_MASTER         Spark master (default: local[*])
# SAMPLEGRAD_DRIVER_MEMORY  heap of the program (default: 1g)
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
target=$root/job/target

is_built() {
  local jar
  jar=$(find "$target" -maxdepth 1 -name 'samplegrad-job-*.jar' 2>/dev/null | head -n 1)
  [ -n "$jar" ] && [ -f "$target/class-path-runtime.txt" ] || return 1
  [ -z "$(find "$root"/pom.xml "$root"/*/pom.xml "$root"/{core,datasets,job}/src/main \
    -newer "$jar" -print -quit)" ]
}

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
if ! command -v "$java" >/dev/null; then
  echo "Java was not found: install a JDK 17 and set JAVA_HOME, or put java on the PATH." >&2
  exit 2
fi

memory=${SAMPLEGRAD_DRIVER_MEMORY:-1g}
if ! [[ $memory =~ ^[0-9]+[kKmMgGtT]?$ ]]; then
  echo "SAMPLEGRAD_DRIVER_MEMORY is '$memory'; expected a number and a unit, such as 4g." >&2
  exit 2
fi

if ! is_built; then
  echo "Building SampleGrad (only needed now and when its sources change) ..." >&2
  if ! (cd "$root" && ./mvnw -q -B -DskipTests package -pl job -am >&2); then
    echo "The build failed; its messages are above." >&2
    exit 4
  fi
fi

class_path=$target/classes:$(<"$target/class-path-compile.txt"):$(<"$target/class-path-runtime.txt")
read -r -a java_options <"$target/classes/org/samplegrad/job/java-options.txt"

# Spark's progress bar is for terminals.
progress=false
[ -t 2 ] && progress=true

# The executors of a cluster fetch the packaged program; those of a local-cluster[...] are started
# here, with the same libraries as the driver where there is no Spark distribution.
master=${SAMPLEGRAD_MASTER:-local[*]}
cluster=()
if [[ $master != local && $master != local\[* ]]; then
  cluster=("-Dspark.jars=$(find "$target" -maxdepth 1 -name 'samplegrad-job-*.jar' | head -n 1)")
fi
if [[ $master == local-cluster* && -z ${SPARK_HOME:-} ]]; then
  mkdir -p "$target/spark/jars"
  export SPARK_HOME=$target/spark SPARK_DIST_CLASSPATH=$class_path SPARK_SCALA_VERSION=2.12
fi

# Spark's tasks are the parallelism: one thread for the array library in each. One arena of the C
# library is enough for them, and several would keep large arrays that were freed.
OMP_NUM_THREADS=1 MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-1} exec "$java" "${java_options[@]}" \
  -Xmx"$memory" \
  -Dspark.master="$master" ${cluster[@]+"${cluster[@]}"} \
  -Dspark.ui.showConsoleProgress="$progress" \
  -cp "$class_path" org.samplegrad.job.Main "$@"
