#!/bin/sh
# Makes the files of this directory with the openssl command (3.0), for the tests of src/pki: keys in each form that one meets,
# signatures that we did not make, PKCS#12. The passphrase is "moon and sun" everywhere. Keys for tests only.
set -eu
cd "$(dirname "$0")"
pass='pass:moon and sun'
printf 'The octets that are signed.\n' > message.txt

openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pkcs8.pem
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa1024.pkcs8.pem
openssl genpkey -quiet -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out rsapss.pkcs8.pem
for curve in P-256 P-384 P-521 brainpoolP256r1; do
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:$curve -out ec-$curve.pkcs8.pem
done
openssl genpkey -quiet -algorithm ED25519 -out ed25519.pkcs8.pem
openssl genpkey -quiet -algorithm ED448 -out ed448.pkcs8.pem
openssl genpkey -quiet -algorithm X25519 -out x25519.pkcs8.pem
for key in *.pkcs8.pem; do openssl pkey -in "$key" -pubout -out "${key%.pkcs8.pem}.public.pem"; done

# The same RSA and EC keys in the other forms.
openssl rsa -in rsa.pkcs8.pem -traditional -out rsa.pkcs1.pem
openssl rsa -in rsa.pkcs8.pem -traditional -outform DER -out rsa.pkcs1.der
openssl rsa -in rsa.pkcs8.pem -traditional -aes128 -passout "$pass" -out rsa.pkcs1-aes.pem
openssl pkcs8 -topk8 -nocrypt -in rsa.pkcs8.pem -outform DER -out rsa.pkcs8.der
openssl pkcs8 -topk8 -in rsa.pkcs8.pem -v2 aes-256-cbc -passout "$pass" -out rsa.encrypted.pem
openssl pkcs8 -topk8 -in rsa.pkcs8.pem -v2 aes-256-cbc -passout "$pass" -outform DER -out rsa.encrypted.der
openssl pkcs8 -topk8 -in rsa.pkcs8.pem -scrypt -passout "$pass" -out rsa.scrypt.pem
openssl pkcs8 -topk8 -in rsa.pkcs8.pem -v1 PBE-SHA1-RC2-40 -provider legacy -provider default -passout "$pass" \
  -out rsa.rc2.pem
openssl ec -in ec-P-256.pkcs8.pem -out ec-P-256.body.pem
{ openssl ecparam -name P-256; cat ec-P-256.body.pem; } > ec-P-256.sec1.pem
openssl ec -in ec-P-256.pkcs8.pem -outform DER -out ec-P-256.sec1.der
openssl ec -in ec-P-256.pkcs8.pem -param_enc explicit -out ec-explicit.sec1.pem
rm ec-P-256.body.pem

# Signatures over message.txt.
sign() { openssl dgst "-$3" -sign "$2.pkcs8.pem" -out "$1.signature" message.txt; }
for hash in sha1 sha256 sha384 sha512; do
  sign "rsa-pkcs1-$hash" rsa $hash
  test $hash = sha1 || openssl dgst -$hash -sign rsa.pkcs8.pem -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest \
    -out "rsa-pss-$hash.signature" message.txt
done
openssl dgst -sha256 -sign rsa.pkcs8.pem -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20 \
  -out rsa-pss-salt20.signature message.txt
sign ec-P-256 ec-P-256 sha256
sign ec-P-384 ec-P-384 sha384
sign ec-P-521 ec-P-521 sha512
sign ec-brainpoolP256r1 ec-brainpoolP256r1 sha256
openssl pkeyutl -sign -rawin -in message.txt -inkey ed25519.pkcs8.pem -out ed25519.signature
openssl pkeyutl -sign -rawin -in message.txt -inkey ed448.pkcs8.pem -out ed448.signature

# A CA, a certificate, and both with the key in PKCS#12.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key.pem -out ca.pem -days 36500 -sha256 \
  -subj '/C=CH/O=strongSwan/CN=strongSwan Root CA' -addext 'keyUsage=critical,keyCertSign,cRLSign'
printf 'subjectAltName=DNS:moon.strongswan.org,email:moon@strongswan.org,IP:192.0.2.1,IP:2001:db8::1\nkeyUsage=digitalSignature\n' > moon.ext
openssl req -new -key rsa.pkcs8.pem -subj '/C=CH/O=strongSwan/CN=moon.strongswan.org' |
  openssl x509 -req -CA ca.pem -CAkey ca.key.pem -set_serial 0x0102030405 -days 36500 -sha256 -extfile moon.ext -out moon.pem
cat moon.pem ca.pem > both.pem
openssl x509 -in moon.pem -outform DER -out moon.der
openssl pkcs12 -export -inkey rsa.pkcs8.pem -in moon.pem -certfile ca.pem -passout "$pass" -out moon.p12
openssl pkcs12 -export -inkey rsa.pkcs8.pem -in moon.pem -certfile ca.pem -passout pass: -out moon-empty.p12
openssl pkcs12 -export -legacy -inkey rsa.pkcs8.pem -in moon.pem -passout "$pass" -out moon-rc2.p12
rm moon.ext ca.key.pem
