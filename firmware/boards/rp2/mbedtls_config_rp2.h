// What TLS can do on RP2040 and RP2350 beyond the port's own configuration.
#ifndef EDGELET_MBEDTLS_CONFIG_RP2_H
#define EDGELET_MBEDTLS_CONFIG_RP2_H

#include "mbedtls/mbedtls_config_port.h"

// A handshake computes in slices: see tls_handshake.c.
#define MBEDTLS_ECP_RESTARTABLE

// Keys that RSA encrypts have no forward secrecy (RFC 9325, section 4.1), and that is computed in one piece.
#undef MBEDTLS_KEY_EXCHANGE_RSA_ENABLED

#endif
