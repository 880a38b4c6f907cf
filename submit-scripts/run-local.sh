#!/usr/bin/env bash
# Runs SampleGrad with an embedded Spark on this machine. Builds it first if that was not done yet
# or the sources have changed since.
#
#   submit-scripts/run-local.sh [COMMAND [OPTIONS]]      without arguments: the demonstration
#
# SAMPLEGRAD_MASTER         Spark master (default: local[*])
# SAMPLEGRAD_DRIVER_MEMORY  heap of the program (default: a quarter of the memory of the machine or
#                           the container, at least 1g)
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

# Version and modules, from the file beside the program where there is one: Java itself takes longer.
release=$(dirname "$(readlink -f "$(command -v "$java")")")/../release
version=$(sed -n 's/^JAVA_VERSION="\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' "$release" 2>/dev/null || true)
if [ -z "$version" ]; then
  version=$("$java" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1)
fi
if [ -n "$version" ] && [ "$version" -lt 17 ]; then
  echo "SampleGrad needs Java 17 or newer, and '$java' is Java $version: set JAVA_HOME to a newer one." >&2
  exit 2
fi

has_vectors() {
  local modules
  modules=$(sed -n 's/^MODULES=//p' "$release" 2>/dev/null || true)
  [ -n "$modules" ] || modules=$("$java" --list-modules)
  grep -q 'jdk\.incubator\.vector' <<<"$modules"
}

memory=${SAMPLEGRAD_DRIVER_MEMORY:-$("$root/submit-scripts/default-heap.sh")}
if ! [[ $memory =~ ^([0-9]{1,12})([kKmMgGtT]?)$ ]]; then
  echo "SAMPLEGRAD_DRIVER_MEMORY is '$memory'; expected a number and a unit, such as 4g." >&2
  exit 2
fi
case ${BASH_REMATCH[2]} in
  [kK]) shift_by=10 ;;
  [mM]) shift_by=20 ;;
  [gG]) shift_by=30 ;;
  [tT]) shift_by=40 ;;
  *) shift_by=0 ;;
esac
# Beyond, Java ends before the program can say why.
least=$((64 << 20))
most=$((4 << 40))
bytes=$((10#${BASH_REMATCH[1]}))
if [ $((bytes >> (42 - shift_by))) -gt 0 ] || [ $((bytes << shift_by)) -gt $most ] \
  || [ $((bytes << shift_by)) -lt $least ]; then
  echo "SAMPLEGRAD_DRIVER_MEMORY is '$memory'; Spark needs 450m at least, and 4t are more than enough." >&2
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
read -r -a all_options <"$target/classes/org/samplegrad/job/java-options.txt"
java_options=()
for option in "${all_options[@]}"; do
  # A Java that was built without the module does not start when asked for it.
  if [ "$option" != --add-modules=jdk.incubator.vector ] || has_vectors; then
    java_options+=("$option")
  fi
done

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
