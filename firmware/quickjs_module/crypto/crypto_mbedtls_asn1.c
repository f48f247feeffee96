// mbedTLS' ASN.1 and hashes by number: see crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"

#include "asn1parse.c"
#include "asn1write.c"
#include "md.c"
#include "md5.c"
#include "oid.c"
