#!/usr/bin/env bash
# How long a million rules take from a JSONL file into the log of a running server, and until its machine asks them.
# usage: bench-put.sh [RULES]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd); rules=${1:-1000000}
work=$(mktemp -d); server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
(cd "$root" && CGO_ENABLED=0 go build -trimpath -o "$work/quidnunc" ./cmd/quidnunc)
cd "$work"
awk -v n="$rules" 'BEGIN {
  split("ba be bi bo bu da de di do du fa fe fi fo fu ga ge gi go gu ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu", s, " ")
  srand(1)
  for (i = 0; i < n; i++) {
    for (k = 0; k < 4; k++) w[k] = s[1+int(40*rand())] s[1+int(40*rand())] s[1+int(40*rand())]
    printf "{\"name\":\"r-%d\",\"query\":\"what:SANCTION who:RUS (%s OR %s) \\\"%s %s\\\"\",\"severity\":\"high\"}\n", i, w[0], w[1], w[2], w[3]
  }
}' >rules.jsonl
./quidnunc run --data data --api off --metrics 127.0.0.1:0 >run.out 2>run.log &
server=$!
for ((i = 0; i < 300; i++)); do
  metrics=$(sed -n 's|^metrics *\(http[^ ]*/metrics\).*|\1|p' run.out)
  [ -n "$metrics" ] && [ "$(curl -fs "$metrics" | awk '$1 == "quidnunc_rules_loaded" { print $2 }')" = 16 ] && break
  kill -0 "$server" || { cat run.log >&2; exit 1; }
  sleep 0.1
done
now() { date +%s.%N; }
began=$(now)
TIMEFORMAT='%U %S'
{ time ./quidnunc rules put rules.jsonl --data data >put.out; } 2>cpu || { cat cpu >&2; exit 1; }
put=$(now)
until [ "$(curl -fs "$metrics" | awk '$1 == "quidnunc_rules_loaded" { printf "%d", $2 }')" = "$rules" ]; do
  kill -0 "$server" || { cat run.log >&2; exit 1; }
  sleep 0.1
done
asked=$(now)
awk -v n="$rules" -v size="$(stat -c %s rules.jsonl)" -v began="$began" -v put="$put" -v asked="$asked" -v cpu="$(cat cpu)" 'BEGIN {
  split(cpu, c, " ")
  printf "put rules=%d MB=%.0f put=%.1fs cpu=%.1fs asked=%.1fs\n", n, size/1e6, put-began, c[1]+c[2], asked-began
}'
