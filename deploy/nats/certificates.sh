#!/bin/sh
# A signer of your own and one certificate for the NATS servers, for trying things out and for small clusters:
#   certificates.sh DIR [NAME…]        names and addresses beside localhost that the servers are reached by
# Makes DIR/ca.pem (clients' --tls-ca), DIR/nats.pem and DIR/nats.key. What is there already stays. Put DIR/ca.key away.
set -eu
[ $# -ge 1 ] || { sed -n '2,4s/^# *//p' "$0" >&2; exit 2; }
dir=$1; shift
mkdir -p "$dir"
cd "$dir"
[ ! -e nats.pem ] || { echo "$dir/nats.pem is there already"; exit 0; }
names='IP:127.0.0.1,DNS:localhost'
for name; do
  case $name in
    *[!0-9.]*) names="$names,DNS:$name" ;;
    *) names="$names,IP:$name" ;;
  esac
done
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj '/CN=quidnunc signer' -keyout ca.key -out ca.pem 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=quidnunc nats' -keyout nats.key -out nats.csr 2>/dev/null
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$names" >extensions
openssl x509 -req -in nats.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -out nats.pem -extfile extensions 2>/dev/null
rm -f nats.csr extensions ca.srl
chmod 644 ca.pem nats.pem
