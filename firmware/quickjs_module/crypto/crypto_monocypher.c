// Monocypher, unmodified: Curve25519's arithmetic in constant time, without allocation or static variables.

#include "crypto/crypto_mbedtls.h"

// Multiplications of the field are counted. The macro is for both their definition, whose first token is the type `fe`,
// and their calls, whose first one is a name: only the former makes two arguments of what is picked from.
#define PICK_SECOND(a, b, ...) b
#define PICK(...) PICK_SECOND(__VA_ARGS__, monocypher_mul, )
#define FIRST_fe ~, field_mul,
#define fe_mul(h, f, g) PICK(FIRST_##h)(h, f, g)
// That of one takes as long as so many of mbedTLS' steps.
#define monocypher_mul(h, f, g) (field_mul(h, f, g), crypto_worked(100))

#include "monocypher.c"
