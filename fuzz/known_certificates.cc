#include "fuzz/known_certificates.h"

namespace keypact::fuzz {
namespace {

// tests/data/credentials/root.pem and rsa.pem: a target reads no file.
constexpr const char* kRoot =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIByTCCAW+gAwIBAgIUCBeVJwceFwNivioQnYkm5lHtLgAwCgYIKoZIzj0EAwIw\n"
    "MTELMAkGA1UEBhMCQ0gxEDAOBgNVBAoMB2tleXBhY3QxEDAOBgNVBAMMB3Jvb3Qg\n"
    "Q0EwIBcNMjYxMTIzMDUwMDIxWhgPMjEyNjEwMzAwNTAwMjFaMDExCzAJBgNVBAYT\n"
    "AkNIMRAwDgYDVQQKDAdrZXlwYWN0MRAwDgYDVQQDDAdyb290IENBMFkwEwYHKoZI\n"
    "zj0CAQYIKoZIzj0DAQcDQgAEJFoxJ8HA4Nm3Je4bNBU81eh7Y4Sj92wvdJPF6T2v\n"
    "ZeblJlcZnIf0rdaUynZAQsBJ9D3cMPm8b8hnQ/dSa4sQVKNjMGEwHQYDVR0OBBYE\n"
    "FAjCGf8tOpEjIqwVUWY3fXblLOepMB8GA1UdIwQYMBaAFAjCGf8tOpEjIqwVUWY3\n"
    "fXblLOepMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMAoGCCqGSM49\n"
    "BAMCA0gAMEUCIQDqnsxedMJY5Cz8KHR6ZWBg0NrUewqfzSSd214vs2UmkwIgBElI\n"
    "piguto8qDocUlrbrhNy7EZQcOg2wMY9tpCjYG0c=\n"
    "-----END CERTIFICATE-----\n";
constexpr const char* kLeaf =
    "-----BEGIN CERTIFICATE-----\n"
    "MIICmDCCAj2gAwIBAgIDcnNhMAoGCCqGSM49BAMCMDExCzAJBgNVBAYTAkNIMRAw\n"
    "DgYDVQQKDAdrZXlwYWN0MRAwDgYDVQQDDAdyb290IENBMCAXDTI2MTEyMzA1MDAy\n"
    "MVoYDzIxMjYxMDMwMDUwMDIxWjAtMQswCQYDVQQGEwJDSDEQMA4GA1UECgwHa2V5\n"
    "cGFjdDEMMAoGA1UEAwwDcnNhMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKC\n"
    "AQEAufa+Dx/BfCsvPlAz9//vCOocDpJCGJTBHJjBitgURb0kc1V+rORlm3bNRxWo\n"
    "c61BxM0hXOYJUNVU3OVt70pHFc32q/6VmJCHYbAJn9/p1WIJAJga10zQbFv/nGfw\n"
    "KgShg91zieJ+me0pj9ZoADNgDBKItE25c1YgyoU1x011Xx5B2ao/eCGo0VcSaScj\n"
    "ob9FSRjm9c6e4q8AeSUYJacxPxPkAeSMX4KA3tZWRoMaPFXVOLom2+F+ZS5+d2qU\n"
    "rxvuP00Dq1a55snHREbxlYsEZ/c3srKjlU1pjlUTMDAcZKZH8FWOkIodGw58/f0F\n"
    "p8oxN4fHCmBw6NdGKeWEYWrDFQIDAQABo3sweTAJBgNVHRMEAjAAMB0GA1UdDgQW\n"
    "BBQlQrixXldJ07vU1pqoUS4Z9NcrnjAfBgNVHSMEGDAWgBQIwhn/LTqRIyKsFVFm\n"
    "N3125SznqTAsBgNVHREEJTAjgg9yc2EuZXhhbXBsZS5vcmeCEG1vb24uZXhhbXBs\n"
    "ZS5vcmcwCgYIKoZIzj0EAwIDSQAwRgIhALhGzqdKodQDABXYRetLzzNQngf3RyaX\n"
    "cSNpwKRrNdcTAiEAxTrkeibejj7lFr65p1TfV2yQrXEXkGmmJ4pQlyyLqW8=\n"
    "-----END CERTIFICATE-----\n";

}  // namespace

const KnownCertificates& known_certificates() {
  static const KnownCertificates known{pki::Certificate::from_pem(kRoot)->front(),
                                       pki::Certificate::from_pem(kLeaf)->front()};
  return known;
}

}  // namespace keypact::fuzz
