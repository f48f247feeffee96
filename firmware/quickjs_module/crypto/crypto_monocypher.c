// Monocypher, unmodified: Curve25519's arithmetic in constant time, without allocation or static variables.

#include "monocypher.c"
