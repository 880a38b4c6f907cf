#!/usr/bin/env bash
# Prints the heap that run-local.sh takes by default, as java's -Xmx takes it: a quarter of the
# memory of this machine, or of what the container may use, and at least 1 GB.
#
#   submit-scripts/default-heap.sh [ROOT]      ROOT: where /proc and /sys are looked for (default: none)
set -euo pipefail

root=${1:-}
least=$((1024 * 1024 * 1024))
bytes=$((4 * least))

if [ -r "$root/proc/meminfo" ]; then
  while read -r name value _; do
    if [ "$name" = MemTotal: ]; then bytes=$((value * 1024)); fi
  done <"$root/proc/meminfo"
elif [ -z "$root" ] && command -v sysctl >/dev/null; then
  bytes=$(sysctl -n hw.memsize 2>/dev/null || echo "$bytes")
fi

# Takes the limit that a file of a control group states, if it is lower.
at_most() {
  local limit=
  if [ -r "$1" ]; then read -r limit <"$1" || true; fi
  # Without a limit the file says "max", or a number of 19 digits.
  if [[ $limit =~ ^[0-9]{1,18}$ ]] && [ "$limit" -lt "$bytes" ]; then bytes=$limit; fi
}

# Each group's limit holds for those below it. In a container the path that /proc names may be the
# host's, and the container's own group stands at the top.
if [ -r "$root/proc/self/cgroup" ]; then
  while IFS=: read -r _ controllers path; do
    case ,$controllers, in
      ,,) base=$root/sys/fs/cgroup file=memory.max ;;
      *,memory,*) base=$root/sys/fs/cgroup/memory file=memory.limit_in_bytes ;;
      *) continue ;;
    esac
    while [ -n "${path%/}" ]; do
      at_most "$base$path/$file"
      path=${path%/*}
    done
    at_most "$base/$file"
  done <"$root/proc/self/cgroup"
fi

heap=$((bytes / 4))
if [ "$heap" -lt "$least" ]; then heap=$least; fi
echo "$((heap / 1024 / 1024))m"
