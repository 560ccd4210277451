#!/usr/bin/env bash
# Runs the mission on a copy of this home and writes transcript.md anew, or the file that is named: `run.sh [FILE]`. Needs the program built
# (`dotnet build`), Node.js 20 or newer, npm and git.
set -euo pipefail
transcript=$(realpath -m "${1:-$(dirname "$0")/transcript.md}")
cd "$(dirname "$0")"
harness=${HARNESS:-dotnet $PWD/../../artifacts/bin/Harness.Mcp/debug/harness.dll}
[ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund

home=$(mktemp -d)
proxy=
trap '[ -z "$proxy" ] || kill "$proxy" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$home"' EXIT
cp -r agents missions servers.config desk harness.json "$home"
ln -s "$PWD/node_modules" "$home/node_modules"
git init -q -b main "$home/desk"
export PUBLIC_SERVERS_DESK="$home/desk"

$harness run --home "$home" --listen http://127.0.0.1:0 >"$home/out" 2>"$home/log" &
proxy=$!
until address=$(sed -nE 's/^listening on ([^ ]+): .*/\1/p' "$home/out" "$home/log" | head -n 1) && [ -n "$address" ]; do
  kill -0 "$proxy" || { cat "$home/log" >&2; exit 1; }
  sleep 0.2
done
for backend in bank calc everything files git memory thinking time; do
  for _ in $(seq 100); do grep -q "Backend $backend is connected" "$home/log" "$home/out" && break; sleep 0.2; done
done

mission=$($harness mission open file-a-letter --input letter=letter-17 --home "$home" | head -n 1)
node transcript.mjs "${address%/}/m/$mission/mcp" "$home/desk" >"$transcript"
$harness chain verify --home "$home" >/dev/null
echo "written: $transcript"
