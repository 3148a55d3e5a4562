#!/bin/sh
# Makes the certificates of the simulated gateways left and right with the openssl command (3.0): below a root, below a CA between,
# of another root, and one whose time is over. Keys for tests only.
set -eu
cd "$(dirname "$0")"

key() { openssl genpkey -quiet -algorithm ED25519 -out "$1.key.pem"; }
root() {
  key "$1"
  openssl req -x509 -new -key "$1.key.pem" -subj "/O=Example/CN=$2" -days 36500 -out "$1.pem" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}
# issue NAME ISSUER EXTENSIONS [OPTIONS]
issue() {
  key "$1"
  printf '%b\n' "$3" > extensions
  name=$1 issuer=$2
  shift 3
  openssl req -new -key "$name.key.pem" -subj "/O=Example/CN=$name" |
    openssl x509 -req -CA "$issuer.pem" -CAkey "$issuer.key.pem" -set_serial "$(($(cat serial 2>/dev/null || echo 1) + 1))" \
      -extfile extensions -out "$name.pem" "$@"
  openssl x509 -in "$name.pem" -noout -serial | sed 's/serial=/0x/' > serial
  printf '%d\n' "$(cat serial)" > serial.next && mv serial.next serial
}

root root 'Root of left and right'
root other 'Root of somebody else'
issue middle root 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign' -days 36500
for side in left right; do
  issue "$side" root "subjectAltName=DNS:$side.example.org\nkeyUsage=digitalSignature" -days 36500
  issue "$side-middle" middle "subjectAltName=DNS:$side.example.org\nkeyUsage=digitalSignature" -days 36500
done
issue left-other other 'subjectAltName=DNS:left.example.org\nkeyUsage=digitalSignature' -days 36500
issue left-ended root 'subjectAltName=DNS:left.example.org\nkeyUsage=digitalSignature' -days 1
rm -f extensions serial root.key.pem other.key.pem middle.key.pem
