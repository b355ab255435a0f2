#!/usr/bin/env bash
# Walks docs/cluster.md's way: three NATS servers with TLS by deploy/nats/three.conf, streams made by the administrator, a
# producer, two consumers and a courier as users of their own; then the consumer at work is killed with -9, each process
# and each server is replaced one after the other under load, and the logs are compared: nothing lost, nothing told twice.
#   tools/cluster-walk.sh [ARTICLES]
# All on loopback, in a directory that is thrown away; it ends by itself within a few minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
articles=${1:-600}
root=$PWD
work=$(mktemp -d)
fail() { printf 'FAIL: %s\n' "$*" >&2; tail -n 5 "$work"/*.log >&2 || true; exit 1; }
declare -A pids=()
cleanup() {
  for p in "${pids[@]}"; do kill -9 "$p" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
say() { printf '%6.1f s  %s\n' "$(echo "$(date +%s.%N) - $began" | bc)" "$*"; }
began=$(date +%s.%N)
base=$((20000 + RANDOM % 20000)) # ports of this walk

CGO_ENABLED=0 go build -trimpath -o "$work/quidnunc" ./cmd/quidnunc
CGO_ENABLED=0 go build -trimpath -o "$work/nats-server" github.com/nats-io/nats-server/v2
cd "$work"

"$root/deploy/nats/certificates.sh" "$work"
export NATS_CA=$work/ca.pem NATS_CERT=$work/nats.pem NATS_KEY=$work/nats.key NATS_MAX_STORE=2GB
for user in administrator producer consumer courier subscriber system; do
  export "QUIDNUNC_${user^^}_PASSWORD=secret-of-$user"
done
for n in 1 2 3; do export "NATS_ROUTE_$n=tls://127.0.0.1:$((base + 10 + n))"; done
servers() { echo "tls://$1:secret-of-$1@127.0.0.1:$((base + 1)),tls://$1:secret-of-$1@127.0.0.1:$((base + 2)),tls://$1:secret-of-$1@127.0.0.1:$((base + 3))"; }

nats() { # nats N: starts server N
  NATS_NAME=quidnunc-$1 NATS_LISTEN=127.0.0.1:$((base + $1)) NATS_ROUTE=127.0.0.1:$((base + 10 + $1)) NATS_MONITOR=127.0.0.1:$((base + 20 + $1)) \
    NATS_STORE=$work/store-$1 ./nats-server -c "$root/deploy/nats/three.conf" >>"nats-$1.log" 2>&1 &
  pids[nats-$1]=$!
}
healthy() { # healthy N: waits until server N has caught up with the others
  for _ in $(seq 300); do
    curl -fs "127.0.0.1:$((base + 20 + $1))/healthz" >/dev/null && return
    sleep 0.2
  done
  fail "NATS server $1 does not become healthy"
}
start() { # start NAME ARGS…: a process of ours with metrics on a port of its own
  local name=$1; shift
  XDG_STATE_HOME=$work/state-$name ./quidnunc "$@" --config quidnunc.yaml --tls-ca ca.pem --streams check --api off --log warn >>"$name.log" 2>&1 &
  pids[$name]=$!
}
consumer() { start "consumer-$1" consume --nats "$(servers consumer)" --deliver=false --metrics "127.0.0.1:$((base + 30 + $1))"; }
courier() { start "courier-$1" deliver --nats "$(servers courier)" --metrics "127.0.0.1:$((base + 40 + $1))"; }
metric() { curl -fs "127.0.0.1:$1/metrics" 2>/dev/null | awk -v m="$2" 'index($0, m) == 1 { print $NF; exit }'; }
leader() { # the consumer that commits: 1 or 2
  for n in 1 2; do [ "$(metric $((base + 30 + n)) quidnunc_consumer_leads)" = 1 ] && { echo $n; return; }; done
  return 1
}
until_true() { # until_true SECONDS WHAT COMMAND…
  local patience=$1 what=$2; shift 2
  local end=$((SECONDS + patience))
  until "$@"; do
    [ $SECONDS -lt $end ] || fail "never came: $what"
    sleep 0.1
  done
}
stop() { # stop NAME SIGNAL
  kill "-$2" "${pids[$1]}"
  wait "${pids[$1]}" 2>/dev/null || true
  unset "pids[$1]"
}

# --- articles: each raises one alert
for i in $(seq "$articles"); do
  printf '{"id":"a%d","publisher":"walk","lang":"en","title":"Walk %d","text":"Country number %d. Russia expelled %d British diplomats on Monday.","published":"2026-01-%02dT00:00:00Z"}\n' "$i" "$i" "$i" "$i" $((i % 28 + 1))
done >articles.jsonl
cat >rules.yaml <<'R'
rules:
- name: expulsions
  title: Somebody expels diplomats
  owner: walk
  query: 'what:SANCTION'
  when: {each: article}
  limit: 1000000/h
R
printf 'sources:\n- archive: [articles.jsonl]\nrules: [rules.yaml]\nnats: {replicas: 3}\n' >quidnunc.yaml

for n in 1 2 3; do nats $n; done
for n in 1 2 3; do healthy $n; done
say "three NATS servers with TLS are up"
./quidnunc streams make --nats "$(servers administrator)" --tls-ca ca.pem --replicas 3
consumer 1
until_true 60 "the first consumer's turn" leader >/dev/null
consumer 2
courier 1
courier 2
produce() { XDG_STATE_HOME=$work/state-producer ./quidnunc produce --nats "$(servers producer)" --config quidnunc.yaml --tls-ca ca.pem --streams check --metrics off --log warn >>produce.log 2>&1; }
produce &
pids[produce]=$!
told() { [ "$(./quidnunc status --nats "$(servers administrator)" --tls-ca ca.pem --json 2>/dev/null | tr -d ' \n' | sed 's/.*"EVENTS":{[^}]*"messages":\([0-9]*\).*/\1/')" != 0 ]; }
sleep 2

# --- the consumer at work is killed
active=$(leader)
other=$((3 - active))
stop "consumer-$active" KILL
killed=$(date +%s.%N)
until_true 30 "the standby's turn" sh -c "[ \"\$(curl -fs 127.0.0.1:$((base + 30 + other))/metrics | awk 'index(\$0, \"quidnunc_consumer_leads\") == 1 { print \$NF }')\" = 1 ]"
took=$(echo "$(date +%s.%N) - $killed" | bc)
say "consumer $active was killed; consumer $other took over after $took s"
[ "$(echo "$took < 5" | bc)" = 1 ] || say "(five seconds are promised on a machine that has time for them)"
consumer "$active"

# --- every process is replaced, one after the other, under load
for n in 1 2; do
  stop "courier-$n" TERM; courier $n
  stop "consumer-$n" TERM; consumer $n
  until_true 60 "a consumer's turn" leader >/dev/null
done
say "consumers and couriers are replaced"
for n in 1 2 3; do
  stop "nats-$n" TERM
  nats $n
  healthy $n
done
say "the NATS servers are replaced"
if ! wait "${pids[produce]}"; then say "the producer ended early; it goes on where it was"; produce || fail "the producer"; fi
unset "pids[produce]"
produce # once more over the same articles: all known
tail -n 1 produce.log

# --- nothing lost, nothing twice
settled() { [ "$(cat courier-*.log | grep -c '^ *[A-Z]* *expulsions ·')" -ge "$articles" ]; }
until_true 180 "a delivery for each article" settled
./quidnunc verify --nats "$(servers administrator)" --tls-ca ca.pem || fail "verify"
heard=$(cat courier-*.log | grep -c '^ *[A-Z]* *expulsions ·')
different=$(cat courier-*.log | grep '^ *[A-Z]* *expulsions ·' | awk '{ print $NF }' | sort -u | wc -l)
say "$articles articles, $different alerts, $heard deliveries ($((heard - different)) with a key heard before)"
[ "$different" = "$articles" ] || fail "$different different alerts for $articles articles"
for name in "${!pids[@]}"; do case $name in consumer* | courier*) stop "$name" TERM ;; esac; done
say "all well"
