#!/usr/bin/env bash
# Runs agents of three protocol revisions against backends of every transport and era through one proxy, and prints the table of what worked. Needs the
# .NET SDK alone.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 NO_COLOR=1

log=$(mktemp)
trap 'rm -f "$log"' EXIT
rm -f artifacts/matrix.txt

dotnet test --project tests/Harness.Mcp.EndToEnd.Tests -- --filter-class "*.MatrixTests" >"$log" 2>&1
status=$?
if [ "$status" -ne 0 ]; then cat "$log" >&2; fi
if [ -f artifacts/matrix.txt ]; then cat artifacts/matrix.txt; fi
exit "$status"
