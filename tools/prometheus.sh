#!/bin/sh
# Installs the Prometheus and promtool that tools/deploy-check.sh speaks with, from Debian or Ubuntu.
set -eu
command -v prometheus >/dev/null && command -v promtool >/dev/null && exit 0
sudo=$(command -v sudo || true)
$sudo apt-get update
$sudo apt-get install -y --no-install-recommends prometheus
