#!/usr/bin/env bash
# The rule matcher's figures, and the same rules and articles through Lucene Monitor in the same run: ours, Lucene, ours.
# usage: bench-rules.sh SHARED LUCENE
# Lucene is asked at the numbers of rules in LUCENE_SIZES: it takes a quarter of an hour and more to build an index of a million.
# SHARED holds tools/standing-queries and corpora/; LUCENE is where SHARED/peers/lucene-monitor/build.sh built its classes.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd); shared=$(realpath -m "$1"); lucene=$(realpath -m "$2")
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$root/consumer/match"
go test -c -o "$work/match.test" .
ours() { "$work/match.test" -test.run '^$' -test.benchtime 1x -test.timeout 60m "$@" 2>&1 >/dev/null; }

echo "load: $(cut -d' ' -f1-3 /proc/loadavg) on $(nproc) processors"
if [ ! -d "$lucene/cls" ] || [ ! -d "$shared/tools/standing-queries" ] || ! command -v java >/dev/null; then
  echo "LUCENE NOT MEASURED: it needs java, $shared/tools/standing-queries and the classes that" >&2
  echo "  $shared/peers/lucene-monitor/build.sh $lucene" >&2
  echo "makes" >&2
  ours -test.bench 'BenchmarkRules$' -rules 1000000
else
  go run "$shared/tools/standing-queries/main.go" -rules 1000000 -docs 2000 -out "$work" >/dev/null
  ours -test.bench 'BenchmarkRules/10000$' -rules 10000
  for n in 100000 1000000; do
    ours -test.bench "BenchmarkRules/$n\$" -rules "$n" | tee "$work/before"
    if [[ " ${LUCENE_SIZES:-100000 1000000} " != *" $n "* ]]; then
      echo "LUCENE NOT MEASURED at $n rules: LUCENE_SIZES leaves it out" >&2
      continue
    fi
    java -Xmx"${LUCENE_HEAP:-8g}" -XX:+UseSerialGC -Dsecs="${LUCENE_SECONDS:-240}" -cp "$lucene/cls" Bench "$work" "$n" "${LUCENE_DOCS:-600}" \
      "${LUCENE_MODE:-multi4}" 2>&1 | tee "$work/lucene"
    ours -test.bench "BenchmarkRules/$n\$" -rules "$n" | tee "$work/after"
    awk -v n="$n" '
      FILENAME ~ /lucene$/ { for (i = 1; i < NF; i++) if ($i == "cpu" && $(i+1) == "docs/s") peer = $(i+2); next }
      match($0, /docs\/s=[0-9]+/) { rate += substr($0, RSTART+7, RLENGTH-7); k++ }
      END {
        if (!(peer > 0) || k == 0) { print "no ratio at " n " rules: Lucene gave no figure"; exit }
        printf "beside rules=%d docs/s=%.0f lucene=%.1f ratio=%.0f\n", n, rate/k, peer, rate/k/peer
      }' "$work/before" "$work/lucene" "$work/after"
  done
fi
for n in 10000 100000 1000000; do
  ours -test.bench 'BenchmarkLive$' -rules "$n"
done
ours -test.bench 'BenchmarkRM2$' -rules 1000000 -curve "$root/docs/rules-speed.svg"
(cd "$root/consumer/machine" && go test -run '^$' -bench 'BenchmarkChange$' -benchtime 2000x -timeout 60m . 2>&1 | grep '^change ')
"$root/tools/bench-put.sh" 1000000
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)"
