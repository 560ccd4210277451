#!/bin/sh
# Compares the engine with the reference evaluators on many more random cases than a build does: expressions over chains, and whole missions.
#   tests/agreement.sh [CASES]     (default: 1000000 of each; minutes to hours)
# A case that differs is printed with its seed; CsCheck_Seed=SEED plays it again.
set -eu
cd "$(dirname "$0")/.."
AGREEMENT_CASES="${1:-1000000}" dotnet test --project tests/Harness.Mcp.Core.Tests -c Release -- --filter-class "*AgreementTests"
