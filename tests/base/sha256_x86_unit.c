// SHA-256's compression by the SHA extensions of x86-64, beside mbedTLS' own. Reads pairs of a state (32 bytes) and a
// block (64) from standard input, at every alignment in turn, and writes the states that both come to; "absent" where
// this processor has no such extensions.

#include <stdio.h>
#include <string.h>

#include "base_sha256_x86.h"

int main(void) {
    if (!base_sha256_x86_is_there()) {
        puts("absent");
        return 0;
    }
    mbedtls_sha256_context own;
    uint32_t state[8];
    unsigned char place[64 + 16];
    for (int i = 0; fread(state, 1, sizeof(state), stdin) == sizeof(state); i++) {
        unsigned char *block = place + i % 16;
        if (fread(block, 1, 64, stdin) != 64) {
            return 1;
        }
        memcpy(own.state, state, sizeof(state));
        base_sha256_process(&own, block);
        base_sha256_x86(state, block);
        fwrite(state, 1, sizeof(state), stdout);
        fwrite(own.state, 1, sizeof(state), stdout);
    }
    return 0;
}
