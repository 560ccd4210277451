#!/usr/bin/env bash
# Holds the gate against the parsers that backends use (System.Text.Json and the C# SDK, node's JSON.parse and the TypeScript SDK, Python's
# json) on generated and mutated messages, after those of tests/Harness.Mcp.Proxy.Tests/fuzz-corpus.
#   tests/fuzz.sh [MESSAGES] [SEED]     (default: 1000000 messages of a seed by the clock; some minutes)
# Prints one `key: value` a line. A message that two parsers read differently is saved into the corpus: say there what it is about and whether
# it is to be accepted, mend the gate, and commit both. Needs the .NET SDK, Node.js with npm, and python3.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 NO_COLOR=1
export FUZZ_MESSAGES="${1:-1000000}" FUZZ_SEED="${2:-$(date +%s)}"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
rm -f artifacts/fuzz/report.txt

dotnet test --project tests/Harness.Mcp.Proxy.Tests -c Release -- --filter-class "*.FuzzTests" >"$log" 2>&1
status=$?
if [ "$status" -ne 0 ]; then cat "$log" >&2; fi
if [ -f artifacts/fuzz/report.txt ]; then cat artifacts/fuzz/report.txt; fi
exit "$status"
