// mbedTLS' ASN.1 and hashes by number: see crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"

#include "lib/mbedtls/library/asn1parse.c"
#include "lib/mbedtls/library/asn1write.c"
#include "lib/mbedtls/library/md.c"
#include "lib/mbedtls/library/md5.c"
#include "lib/mbedtls/library/oid.c"
