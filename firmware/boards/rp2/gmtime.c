// The C library's gmtime(), by which mbedTLS knows whether a certificate is valid. newlib's asks malloc() for the place
// of its result, and without a C heap the SDK's malloc() stops the board.

#include <time.h>

struct tm *gmtime(const time_t *time) {
    static struct tm result;
    return gmtime_r(time, &result);
}
