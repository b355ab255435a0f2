#!/usr/bin/env bash
# Exercises what lies under deploy/ and docs/ with the real programs. Each step is a function; name steps to run only them:
#   tools/deploy-check.sh sbom rules
# waiting are all steps that mostly wait for processes, computing all others.
# A program that is missing is installed or fails the step; nothing is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CGO_ENABLED=0

fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }

# The steps, in order.
computing=(programs rules routes sbom units chart reproducible)
waiting=(programs watching cluster page upgrade)

programs() { # that the other steps speak with
  tools/prometheus.sh
  tools/alertmanager.sh
  for p in prometheus promtool prometheus-alertmanager amtool systemd-analyze openssl curl bc; do
    command -v "$p" >/dev/null || fail "$p is not there"
  done
}

rules() { # Prometheus's configuration, and its rules by their unit tests
  promtool check config deploy/prometheus/prometheus.yml
  promtool check rules deploy/prometheus/rules/*.yml
  promtool test rules deploy/prometheus/tests/*.yml
}

routes() { # who gets which alert on ourselves
  amtool check-config deploy/alertmanager/alertmanager.yml
  while read -r want labels; do
    case $want in '#'* | '') continue ;; esac
    # shellcheck disable=SC2086 # labels are words
    got=$(amtool config routes test --config.file=deploy/alertmanager/alertmanager.yml $labels)
    [ "$got" = "$want" ] || fail "an alert with $labels goes to $got, not to $want"
  done <deploy/alertmanager/routes.txt
}

page() { # docs/cluster.md, each of its commands
  tools/cluster-doc.sh
}

upgrade() { # from an older commit's data, and back
  tools/upgrade-walk.sh
}

sbom() { # the list of parts, and whether their licences are allowed
  make -s sbom SBOM="$work/sbom.json"
  (cd tools/opscheck && go run . licences -sbom "$work/sbom.json" -allowed "$root/deploy/licences/allowed.txt" -list "$root/deploy/licences/parts.txt")
}

watching() { # dashboards, rules and docs against a live /metrics; a real Prometheus and Alertmanager that watch a running instance
  (cd tools/opscheck && go vet ./... && go test -count=1 ./...)
}

units() { # systemd's own word on the units, and on how much they may do: 0 is nothing, 100 anything
  go build -trimpath -o "$work/quidnunc" ./cmd/quidnunc
  mkdir -p "$work/units"
  for u in deploy/systemd/*.service; do
    sed "s#/usr/local/bin/quidnunc#$work/quidnunc#" "$u" >"$work/units/${u##*/}"
  done
  systemd-analyze verify --man=no "$work"/units/*.service
  for u in "$work"/units/*.service; do
    systemd-analyze security --no-pager --offline=true --threshold=15 "$u" | tail -n 1
  done
}

chart() { # the Helm chart by Helm's engine and Kubernetes' types, Compose by its own loader, every flag by the program
  go build -trimpath -o "$work/quidnunc" ./cmd/quidnunc
  (cd tools/chartcheck && go vet ./... && go test -count=1 ./... && go run . -program "$work/quidnunc")
}

cluster() { # three servers with TLS and two of each role, each replaced while articles come
  tools/cluster-walk.sh
}

reproducible() { # two builds from two folders, the second with nothing remembered of the first
  mkdir "$work/elsewhere"
  git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$work/elsewhere"
  go build -trimpath -buildvcs=false -o "$work/first" ./cmd/quidnunc
  (cd "$work/elsewhere" && GOCACHE="$work/cache" go build -trimpath -buildvcs=false -o "$work/second" ./cmd/quidnunc)
  rm -rf "$work/cache"
  cmp "$work/first" "$work/second" || fail "two builds of the same source differ"
  sha256sum <"$work/first"
}

case "$*" in
  '') set -- "${computing[@]}" "${waiting[@]:1}" ;;
  computing) set -- "${computing[@]}" ;;
  waiting) set -- "${waiting[@]}" ;;
esac
for step; do
  case " ${computing[*]} ${waiting[*]} " in *" $step "*) ;; *) fail "no step $step: there are ${computing[*]} ${waiting[*]:1}" ;; esac
done
for step; do
  printf '\n-- %s (%ss)\n' "$step" "$SECONDS"
  "$step"
done
printf '\ndeploy-check: all well (%ss)\n' "$SECONDS"
