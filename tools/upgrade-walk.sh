#!/usr/bin/env bash
# Upgrades a data directory for real: the program of an older commit tells the first half of an archive and is stopped, this
# one goes on from its snapshot. Nothing may be lost, nothing told twice, and verify has to pass. Then the older program
# is started once more: it goes on, or says that it is too old.
#   tools/upgrade-walk.sh [COMMIT]
set -euo pipefail
cd "$(dirname "$0")/.."
# The default is the last commit whose snapshots were of the first form.
old=${1:-$(git log -1 --format=%H --diff-filter=A -- consumer/machine/testdata/compat/snapshot-2.zst)~1}
git rev-parse --verify --quiet "$old^{commit}" >/dev/null || { echo "no commit $old here: fetch the whole history" >&2; exit 1; }
work=$(mktemp -d)
trap 'git worktree remove --force "$work/old-source" 2>/dev/null || true; rm -rf "$work"' EXIT
fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }

git worktree add --quiet --detach "$work/old-source" "$old"
(cd "$work/old-source" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$work/old" ./cmd/quidnunc)
CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$work/new" ./cmd/quidnunc
echo "from $(git log -1 --format='%h of %cs' "$old")"

cd "$work"
articles=300
for i in $(seq $articles); do
  printf '{"id":"a%d","publisher":"walk","lang":"en","text":"Russia expelled %d British diplomats on Monday.","published":"2026-01-%02dT00:00:00Z"}\n' "$i" "$i" $((i % 28 + 1))
done >all.jsonl
printf "rules:\n- name: expulsions\n  query: 'what:SANCTION'\n  when: {each: article}\n  limit: none\n" >rules.yaml
printf 'sources:\n- archive: [articles.jsonl]\nrules: [rules.yaml]\nmetrics: {listen: off}\n' >quidnunc.yaml
run() { "./$1" run --once --config quidnunc.yaml --data data --log info --color never >"$2.out" 2>"$2.log"; }
alerts() { grep -h '^ *[A-Z]* *expulsions ·' "$@" | awk '{ print $NF }'; }

head -n $((articles / 2)) all.jsonl >articles.jsonl
run old before || { tail -n 5 before.log; fail "the older program"; }
./old verify --data data >/dev/null || fail "verify by the older program"
cp all.jsonl articles.jsonl
run new after || { tail -n 5 after.log; fail "this program over the older one's data"; }
grep -q 'restored from a snapshot' after.log || { cat after.log; fail "the older program's snapshot was not read"; }
./new verify --data data || fail "verify"
told=$(alerts before.out after.out | wc -l)
different=$(alerts before.out after.out | sort -u | wc -l)
[ "$told" = $articles ] && [ "$different" = $articles ] || fail "$told alerts, $different of them different, for $articles articles"
echo "$articles articles, half of them before the upgrade: $told alerts, all different"

if run old back; then
  [ "$(alerts back.out | wc -l)" = 0 ] || fail "the older program tells again what was told"
  echo "back: the older program goes on with this one's data"
else
  grep -q 'newer' back.log || { tail -n 5 back.log; fail "the older program does not say that it is too old"; }
  echo "back: $(grep -h newer back.log | tail -n 1)"
fi
