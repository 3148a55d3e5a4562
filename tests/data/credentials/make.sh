#!/bin/sh
# Makes the certificates and keys of this folder anew: two authorities, one with a CA between it and the end entities.
set -eu
cd "$(dirname "$0")"
rm -f ./*.pem ./*.p12 ./*.crl

# name, issuer, subject, extensions
issue() {
    openssl req -new -key "$1.key.pem" -subj "$3" -out request
    printf '%b' "$4" > extensions
    openssl x509 -req -in request -CA "$2.pem" -CAkey "$2.key.pem" -days 36500 -set_serial "0x$(printf %s "$1" | od -An -tx1 | tr -d ' \n')" \
        -extfile extensions -out "$1.pem" 2> /dev/null
    rm request extensions
}
ca='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
between="${ca}authorityKeyIdentifier=keyid\n"
end='basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n'

for root in root other; do
    openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $root.key.pem
    openssl req -x509 -new -key $root.key.pem -subj "/C=CH/O=keypact/CN=$root CA" -days 36500 -out $root.pem \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
done
: >index
echo 01 >number
printf '[ca]\ndefault_ca=here\n[here]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\n[named]\nauthorityKeyIdentifier=keyid\n' >ca.conf
openssl ca -config ca.conf -gencrl -keyfile root.key.pem -cert root.pem -crldays 36500 -crlexts named -out root.crl
rm -f index* number* ca.conf
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out between.key.pem
issue between root '/C=CH/O=keypact/CN=between CA' "$between"
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out moon.key.pem
issue moon between '/C=CH/O=keypact/CN=moon' "${end}subjectAltName=DNS:moon.example.org,email:moon@example.org,IP:192.0.2.1\n"
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key.pem
issue rsa root '/C=CH/O=keypact/CN=rsa' "${end}subjectAltName=DNS:rsa.example.org,DNS:moon.example.org\n"
openssl genpkey -quiet -algorithm ED25519 -out sun.key.pem
issue sun other '/C=CH/O=keypact/CN=sun' "${end}subjectAltName=DNS:sun.example.org\n"
openssl pkey -in sun.key.pem -pubout -out sun.pub.pem
openssl pkcs8 -topk8 -in rsa.key.pem -v2 aes-256-cbc -passout pass:wonderland -out rsa.encrypted.pem
openssl pkcs12 -export -inkey sun.key.pem -in sun.pem -certfile other.pem -passout pass:wonderland -out sun.p12
openssl pkcs12 -export -inkey moon.key.pem -in moon.pem -certfile between.pem -passout pass:wonderland -out moon.p12
