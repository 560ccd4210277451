#!/usr/bin/env bash
# Runs the MCP conformance suite through the proxy: agents of both protocol eras, each with a backend of the same era and of the
# other; and its servers with the backend side as their client (`client_…`). Prints one `key: value` a line. Needs the .NET SDK and Node.js with npm; the suite itself is installed from tests/npm.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 NO_COLOR=1

log=$(mktemp)
trap 'rm -f "$log"' EXIT
rm -rf artifacts/conformance

dotnet test --project tests/Harness.Mcp.EndToEnd.Tests -- --filter-class "*.ConformanceTests" --filter-class "*.ClientConformanceTests" >"$log" 2>&1
status=$?
if [ "$status" -ne 0 ]; then cat "$log" >&2; fi
if [ -d artifacts/conformance ]; then cat artifacts/conformance/*.txt; fi
exit "$status"
