#!/usr/bin/env bash
# Runs the mission on a copy of this home and writes transcript.md anew, or the file that is named: `run.sh [FILE]`. Needs the program built
# (`dotnet build`), Node.js 20 or newer, npm and git; and Chromium for the steps of the backend `web`, which are left out where there is none.
set -euo pipefail
transcript=$(realpath -m "${1:-$(dirname "$0")/transcript.md}")
cd "$(dirname "$0")"
harness=${HARNESS:-dotnet $PWD/../../artifacts/bin/Harness.Mcp/debug/harness.dll}
[ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund

browser=${CHROMIUM-$(command -v chromium || command -v chromium-browser || true)}
[ -n "$browser" ] || echo "Chromium is missing, so the steps of the backend \`web\` are left out. Install it (Debian: apt-get install chromium), or name it in CHROMIUM." >&2

home=$(mktemp -d)
proxy=
page=
trap 'for process in $proxy $page; do kill "$process" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$home"' EXIT
cp -r agents missions servers.config desk harness.json "$home"
ln -s "$PWD/node_modules" "$home/node_modules"
git init -q -b main "$home/desk"
node page/serve.mjs >"$home/page" &
page=$!
until [ -s "$home/page" ]; do kill -0 "$page"; sleep 0.1; done
export PUBLIC_SERVERS_DESK="$home/desk" PUBLIC_SERVERS_PAGE="$(cat "$home/page")" PUBLIC_SERVERS_BROWSER="${browser:-/nonexistent/chromium}"

$harness run --home "$home" --listen http://127.0.0.1:0 >"$home/out" 2>"$home/log" &
proxy=$!
until address=$(sed -nE 's/^listening on ([^ ]+): .*/\1/p' "$home/out" "$home/log" | head -n 1) && [ -n "$address" ]; do
  kill -0 "$proxy" || { cat "$home/log" >&2; exit 1; }
  sleep 0.2
done
for backend in bank calc everything files git memory thinking time web; do
  for _ in $(seq 100); do grep -q "Backend $backend is connected" "$home/log" "$home/out" && break; sleep 0.2; done
done

mission=$($harness mission open file-a-letter --input letter=letter-17 --home "$home" | head -n 1)
node transcript.mjs "${address%/}/m/$mission/mcp" "$home/desk" "$PUBLIC_SERVERS_PAGE" ${browser:+with-browser} >"$transcript"
$harness chain verify --home "$home" >/dev/null
echo "written: $transcript"
