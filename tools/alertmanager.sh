#!/bin/sh
# Installs the Alertmanager that the tests of consumer/notify speak with, from Debian or Ubuntu.
set -eu
command -v prometheus-alertmanager >/dev/null && exit 0
sudo=$(command -v sudo || true)
$sudo apt-get update
$sudo apt-get install -y --no-install-recommends prometheus-alertmanager
