#!/usr/bin/env bash
# Runs the fault tests at the whole figures of tests/COVERAGE.md instead of the small ones of a build: a million resets, a million connects, ten
# thousand processes, fifty thousand stalled connections (as far as this machine's limit of open files goes), a call of ten silent minutes.
#   tests/faults.sh [CLASS…]     (default: all; some hours, on a machine that does nothing else)
# Prints one `key: value` a line. Needs the .NET SDK and Node.js with npm.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 NO_COLOR=1 FAULTS=whole
ulimit -n "$(ulimit -Hn)"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
rm -rf artifacts/faults

proxy=(DesyncTests ProcessCycleTests QuietStreamTests ResetTests RestartTests SchemaBombTests StrictJsonTests)
whole=(BadNeighbourTests ConnectionTests CutTests DrainTests OverloadTests)
status=0

run() {
  local project=$1 wanted=() class
  shift
  for class in "$@"; do
    if [ ${#classes[@]} -eq 0 ] || [[ " ${classes[*]} " == *" $class "* ]]; then wanted+=("*.$class"); fi
  done
  if [ ${#wanted[@]} -eq 0 ]; then return; fi
  # One after the other: each measures time or memory.
  dotnet test --project "tests/$project" -c Release -- --filter-class "${wanted[@]}" --parallel none >"$log" 2>&1 || { status=1; cat "$log" >&2; }
}

classes=("$@")
run Harness.Mcp.Proxy.Tests "${proxy[@]}"
run Harness.Mcp.EndToEnd.Tests "${whole[@]}"
if [ -d artifacts/faults ]; then cat artifacts/faults/*.txt; fi
exit "$status"
