#!/usr/bin/env bash
# Follows docs/cluster.md to the letter: each block goes into the shell of its terminal; those of terminal 1 are waited for.
set -euo pipefail
cd "$(dirname "$0")/.."
[ ! -e /tmp/quidnunc-walk ] || { echo "/tmp/quidnunc-walk is there: another walk, or the rest of one" >&2; exit 1; }
log=$(mktemp -d)
fail() { printf 'FAIL: %s\n' "$*" >&2; tail -n 15 "$log"/* /tmp/quidnunc-walk/*.log >&2 || true; exit 1; }
declare -A shells=()
cleanup() {
  for n in "${!shells[@]}"; do kill -9 -- "-${shells[$n]}" 2>/dev/null || true; done
  rm -rf "$log" /tmp/quidnunc-walk
}
trap cleanup EXIT
set -m # a process group for each terminal
for n in 1 2 3; do
  mkfifo "$log/in-$n"
  bash <"$log/in-$n" >"$log/terminal-$n" 2>&1 &
  shells[$n]=$!
  eval "exec $((n + 10))>\"$log/in-$n\""
done
set +m
disown -a # their end is no news
type_in() { printf '%s\n' "$2" >&"$(($1 + 10))"; }

blocks=0 block='' terminal=''
while IFS= read -r line; do
  case $line in
    '```sh terminal-'[123]) terminal=${line##*-} block='' ;;
    '```')
      [ -n "$terminal" ] || continue
      blocks=$((blocks + 1))
      type_in "$terminal" "$block"
      if [ "$terminal" = 1 ]; then
        type_in 1 "echo; echo block $blocks is done" # behind a line that may not be ended
        for ((i = 0; ; i++)); do
          grep -q "^block $blocks is done" "$log/terminal-1" && break
          kill -0 "${shells[1]}" 2>/dev/null || fail "terminal 1 is gone in block $blocks"
          [ $i -lt 900 ] || fail "block $blocks does not end: $block"
          sleep 0.1
        done
      fi
      terminal=''
      ;;
    *) [ -z "$terminal" ] || block+=$line$'\n' ;;
  esac
done <docs/cluster.md
[ $blocks -ge 8 ] || fail "only $blocks blocks: has the page another form?"

grep '^real' "$log/terminal-1" | sed 's/^real/takeover/'
grep -q '^all good' "$log/terminal-1" || fail "verify"
grep -q '100 alerts' "$log/terminal-1" || fail "not a hundred alerts"
grep -qE '^lag +0 entries' "$log/terminal-1" || fail "a lag is left"
echo "docs/cluster.md: $blocks blocks, all true"
