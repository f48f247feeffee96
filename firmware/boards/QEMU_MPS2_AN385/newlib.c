// The system calls that newlib-nano's stdio needs: text that is printed goes to MicroPython's console, nothing else
// works.

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "py/mphal.h"

int _write(int fd, const char *buf, int len);
int _read(int fd, char *buf, int len);
int _close(int fd);
int _fstat(int fd, struct stat *st);
int _isatty(int fd);
int _lseek(int fd, int offset, int whence);
void *_sbrk(int increment);

int _write(int fd, const char *buf, int len) {
    (void)fd;
    mp_hal_stdout_tx_strn(buf, (size_t)len);
    return len;
}

int _read(int fd, char *buf, int len) {
    (void)fd;
    (void)buf;
    (void)len;
    return 0;
}

int _close(int fd) {
    (void)fd;
    return 0;
}

int _fstat(int fd, struct stat *st) {
    (void)fd;
    st->st_mode = S_IFCHR;
    return 0;
}

int _isatty(int fd) {
    (void)fd;
    return 1;
}

int _lseek(int fd, int offset, int whence) {
    (void)fd;
    (void)offset;
    (void)whence;
    return 0;
}

// No memory but MicroPython's and the arena: stdio then does without buffers.
void *_sbrk(int increment) {
    (void)increment;
    errno = ENOMEM;
    return (void *)-1;
}

// Ends the simulation.
void abort(void) {
    mp_hal_stdout_tx_strn("abort\n", 6);
    exit(134);
}
