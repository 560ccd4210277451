#!/usr/bin/env bash
# Runs the public suites of the standards that missions are written in through the real code: JSON Schema 2020-12 and CEL. Prints one
# `key: value` a line: how many cases pass, each that does not with the reason, and what is left out. Needs the .NET SDK alone.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 NO_COLOR=1

log=$(mktemp)
trap 'rm -f "$log"' EXIT
rm -rf artifacts/standards

dotnet test --project tests/Harness.Mcp.Core.Tests -- --filter-class "*.SchemaSuiteTests" "*.CelConformanceTests" >"$log" 2>&1
status=$?
if [ "$status" -ne 0 ]; then cat "$log" >&2; fi
for key in json_schema_required json_schema_optional json_schema_format_asserted cel; do
  if [ -f "artifacts/standards/$key.txt" ]; then cat "artifacts/standards/$key.txt"; fi
done
exit "$status"
