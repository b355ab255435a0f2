#!/usr/bin/env bash
# Replaces every process of a cluster, one after the other, while programs send articles: three NATS servers with TLS by
# deploy/nats/three.conf, streams made by the administrator, and two producers, two consumers and two couriers as users of
# their own. The consumer at work is killed with -9, all else is stopped with TERM and started again. For each it prints how
# long nobody led, how far the machine fell behind, and for how long nothing was delivered; then the logs are compared:
# nothing lost, nothing told twice.
#   tools/cluster-walk.sh [--doc FILE] [ARTICLES A SECOND]
# FILE is a page with a place for the table. All on loopback, in a directory that is thrown away; it takes two minutes.
set -euo pipefail
export LC_ALL=C # numbers are written with a point
cd "$(dirname "$0")/.."
doc=
[ "${1:-}" != --doc ] || { doc=$(realpath "$2"); shift 2; }
pace=${1:-10}
root=$PWD
work=$(mktemp -d)
fail() { printf 'FAIL: %s\n' "$*" >&2; tail -n 5 "$work"/*.log >&2 || true; exit 1; }
declare -A pids=()
cleanup() {
  touch "$work/over"
  for p in "${pids[@]}"; do kill -9 "$p" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
now() { date +%s.%N; }
since() { echo "$(now) - $1" | bc; }
say() { printf '%6.1f s  %s\n' "$(since "$began")" "$*"; }
began=$(now)
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

# --- how each process is started, and when it is there
nats() { # nats N: server N
  NATS_NAME=quidnunc-$1 NATS_LISTEN=127.0.0.1:$((base + $1)) NATS_ROUTE=127.0.0.1:$((base + 10 + $1)) NATS_MONITOR=127.0.0.1:$((base + 20 + $1)) \
    NATS_STORE=$work/store-$1 ./nats-server -c "$root/deploy/nats/three.conf" >>"nats-$1.log" 2>&1 &
  pids[nats-$1]=$!
}
stamp() { # stamp FILE: when each line was said
  while IFS= read -r line; do printf '%s %s\n' "$EPOCHREALTIME" "$line"; done >>"$1"
}
start() { # start NAME COMMAND USER ARGS…: a process of ours
  local name=$1 command=$2 user=$3; shift 3
  XDG_STATE_HOME=$work/state-$name ./quidnunc "$command" --nats "$(servers "$user")" --tls-ca ca.pem --streams check --log warn "$@" > >(stamp "$name.log") 2>&1 &
  pids[$name]=$!
}
consumer() { start "consumer-$1" consume consumer --config quidnunc.yaml --deliver=false --api off --metrics "127.0.0.1:$((base + 30 + $1))"; }
courier() { start "courier-$1" deliver courier --config quidnunc.yaml --api off --metrics "127.0.0.1:$((base + 40 + $1))"; }
producer() { start "producer-$1" produce producer --config "producer-$1.yaml" --metrics "127.0.0.1:$((base + 50 + $1))"; }
ready() { # ready ROLE N: it can do its work; a NATS server has caught up with the others
  case $1 in
    nats) curl -fs -m 2 "127.0.0.1:$((base + 20 + $2))/healthz" ;;
    consumer) curl -fs -m 2 "127.0.0.1:$((base + 30 + $2))/readyz" ;;
    courier) curl -fs -m 2 "127.0.0.1:$((base + 40 + $2))/readyz" ;;
    producer) curl -fs -m 2 "127.0.0.1:$((base + 50 + $2))/readyz" ;;
  esac >/dev/null
}
stop() { # stop NAME SIGNAL
  kill "-$2" "${pids[$1]}"
  wait "${pids[$1]}" 2>/dev/null || true
  unset "pids[$1]"
}
until_true() { # until_true SECONDS WHAT COMMAND…
  local patience=$1 what=$2; shift 2
  local end=$((SECONDS + patience))
  until "$@"; do
    [ $SECONDS -lt $end ] || fail "never came: $what"
    sleep 0.1
  done
}

# --- what is watched, some three times a second: when it is, who leads (0: nobody), the lag in messages, and how much was delivered
watch() {
  local at
  while [ ! -e over ]; do
    at=$(now)
    for n in 1 2; do curl -fs -m 2 "127.0.0.1:$((base + 30 + n))/metrics" >"metrics-$n" || : >"metrics-$n"; done
    awk -v at="$at" -v delivered="$(delivered)" '
      $1 ~ /^quidnunc_consumer_leads/ && $2 == 1 { leads = FILENAME; sub(/.*-/, "", leads) }
      $1 == "quidnunc_consumer_lag_messages" && $2 > messages { messages = $2 }
      END { printf "%s %d %d %d\n", at, leads, messages, delivered }' metrics-1 metrics-2 >>samples
    sleep 0.3
  done
}
told='^[0-9.]+ +[A-Z]+ +expulsions ·'
delivered() { cat courier-*.log 2>/dev/null | grep -cE "$told" || true; }
leader() { tail -n 1 samples 2>/dev/null | cut -d' ' -f2; }
somebody_leads() { [ "$(leader)" != 0 ] && [ -n "$(leader)" ]; }
nearly_no_lag() { [ "$(tail -n 1 samples | cut -d' ' -f3)" -le "$pace" ] && somebody_leads; }

# row WHAT HOW FROM: one line of the table, from what was seen since FROM. How late is told from the moment in which a producer
# said that it had stored an article until a courier delivered its alert.
row() {
  awk -v what="$1" -v how="$2" -v from="$3" '
    FILENAME == "sent" { if ($2 >= from) stored[$1] = $2; next }
    FILENAME ~ /^courier/ { if ($2 == "article" && $3 == "Walk" && $4 in stored && $1 - stored[$4] > late) late = $1 - stored[$4]; next }
    $1 < from { next }
    !begun { begun = last = $1; count = $4 }
    $2 == 0 { nobody += $1 - (previous ? previous : from) }
    $3 > messages { messages = $3 }
    $4 > count { count = $4; last = $1 }
    $1 - last > silence { silence = $1 - last }
    { previous = $1 }
    function s(x) { return x < 0.5 ? "under 0.5 s" : sprintf("%.1f s", x) }
    END { printf "| %s | %s | %s | %d | %s | %s |\n", what, how, nobody ? s(nobody) : "no time", messages, s(late), s(silence) }' sent courier-*.log samples >>table
  tail -n 1 table
}
roll() { # roll ROLE N SIGNAL WHAT: stops a process, starts it again, and waits until all is as it was
  local from; from=$(now)
  stop "$1-$2" "$3"
  [ "$3" != KILL ] || until_true 30 "a standby's turn" other_leads "$2"
  "$1" "$2"
  until_true 90 "$1 $2 is ready" ready "$1" "$2"
  sleep 1.5
  until_true 90 "the lag is made up for" nearly_no_lag
  sleep 1
  row "$4" "$3" "$from"
}
other_leads() { somebody_leads && [ "$(leader)" != "$1" ]; }

# --- articles: a program sends them, to the other producer where one does not take them, and again until one has stored them
send() {
  local i=0 body
  while [ ! -e enough ]; do
    i=$((i + 1))
    body=$(printf '{"id":"a%d","publisher":"walk","lang":"en","title":"Walk %d","text":"Country number %d. Russia expelled %d British diplomats on Monday."}' $i $i $i $i)
    until [ "$(curl -s -m 10 -o /dev/null -w '%{http_code}' -d "$body" -H 'Content-Type: application/json' "127.0.0.1:$((base + 61 + i % 2))/v1/articles")" = 200 ] ||
      [ "$(curl -s -m 10 -o /dev/null -w '%{http_code}' -d "$body" -H 'Content-Type: application/json' "127.0.0.1:$((base + 62 - i % 2))/v1/articles")" = 200 ]; do sleep 0.2; done
    echo "$i $EPOCHREALTIME" >>sent
    sleep "$(echo "scale=3; 1 / $pace" | bc)"
  done
}
cat >rules.yaml <<'R'
rules:
- name: expulsions
  title: Somebody expels diplomats
  owner: walk
  query: 'what:SANCTION'
  when: {each: article}
  limit: none
R
for n in 1 2; do printf 'push: {listen: "127.0.0.1:%d"}\nrules: [rules.yaml]\nnats: {replicas: 3}\n' $((base + 60 + n)) >"producer-$n.yaml"; done
cp producer-1.yaml quidnunc.yaml

for n in 1 2 3; do nats $n; done
for n in 1 2 3; do until_true 60 "NATS server $n is healthy" ready nats $n; done
say "three NATS servers with TLS are up"
./quidnunc streams make --nats "$(servers administrator)" --tls-ca ca.pem --replicas 3
watch &
pids[watch]=$!
consumer 1
until_true 60 "the first consumer's turn" somebody_leads
consumer 2
for n in 1 2; do courier $n; producer $n; done
for role in consumer courier producer; do for n in 1 2; do until_true 60 "$role $n is ready" ready $role $n; done; done
send &
pids[send]=$!
until_true 60 "a delivery" test -s sent
sleep 2
say "two producers, two consumers, two couriers; $pace articles a second"

# --- every process is replaced, one after the other
cat >table <<T
| replaced | by | nobody led for | lag at most, messages | stored to delivered, at most | nothing delivered for at most |
| --- | --- | --- | --- | --- | --- |
T
cat table
active=$(leader)
roll consumer "$active" KILL "the consumer at work"
active=$(leader)
roll consumer $((3 - active)) TERM "the consumer that stands by"
roll consumer "$active" TERM "the consumer at work"
for n in 1 2; do roll courier $n TERM "courier $n"; done
for n in 1 2; do roll producer $n TERM "producer $n"; done
for n in 1 2 3; do roll nats $n TERM "NATS server $n"; done
touch enough
wait "${pids[send]}"
unset "pids[send]"
articles=$(wc -l <sent)
say "every process is replaced"

# --- nothing lost, nothing twice
settled() { [ "$(delivered)" -ge "$articles" ]; }
until_true 180 "a delivery for each article" settled
touch over
./quidnunc verify --nats "$(servers administrator)" --tls-ca ca.pem || fail "verify"
heard=$(delivered)
different=$(cat courier-*.log | grep -E "$told" | awk '{ print $NF }' | sort -u | wc -l)
summary="$articles articles at $pace a second, $different alerts, $heard deliveries ($((heard - different)) with a key heard before)."
say "$summary"
[ "$different" = "$articles" ] || fail "$different different alerts for $articles articles"
if [ -n "$doc" ]; then
  grep -q '^<!-- cluster-walk -->' "$doc" || fail "$doc has no place for the table"
  awk -v table="$(cat table)" -v summary="$(nproc) processors for all processes; $summary" '
    /^<!-- cluster-walk -->/ { print; print table; print ""; print summary; skip = 1 }
    /^<!-- end -->/ { skip = 0 }
    !skip' "$doc" >page
  cp page "$doc"
fi
for name in "${!pids[@]}"; do case $name in consumer* | courier* | producer*) stop "$name" TERM ;; esac; done
say "all well"
