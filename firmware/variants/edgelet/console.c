// The Linux firmware's standard streams, made to behave like the serial console of a board.
//
// MicroPython's unix port reads and writes descriptors 0 to 2 with plain read() and write(), from several places, and a
// terminal that nobody reads would block all of them. This file defines the two functions, which takes precedence over
// the C library's. Every other descriptor goes straight to the system call. After _console.attach():
//
// - Between commands, output is non-blocking: what does not fit is refused with EAGAIN, for the event loop to wait.
// - While a command of the REPL executes, output waits WRITE_TIMEOUT_MS for a reader to make progress and is then
//   dropped, newlines become CR LF, and Ctrl-C interrupts. The numbers and rules are those of MicroPython's USB console
//   (shared/tinyusb/mp_usbd_cdc.c).
//
// As on a board, the interrupt character, and with it the translation of newlines, is off while
// micropython.kbd_intr(-1) is in force: mpremote's mounted file system sends binary data that way.

#define _GNU_SOURCE // ppoll

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "py/mphal.h"
#include "py/runtime.h"

#define WRITE_TIMEOUT_MS (500)

static struct {
    bool attached;
    bool executing;
    bool stalled; // the last write that waited did so in vain; do not wait again before something fits
    volatile sig_atomic_t n_typed;
    char typed[256]; // what arrived while a command executed
} console;

static bool is_console_output(int fd) {
    return console.attached && (fd == STDOUT_FILENO || fd == STDERR_FILENO);
}

static bool interrupt_char_enabled(void) {
    struct sigaction sa;
    sigaction(SIGINT, NULL, &sa);
    return sa.sa_handler != SIG_DFL && sa.sa_handler != SIG_IGN;
}

static bool wait_for_room(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    mp_uint_t start = mp_hal_ticks_ms();
    for (;;) {
        int left = WRITE_TIMEOUT_MS - (int)(mp_hal_ticks_ms() - start);
        int n = left > 0 ? poll(&p, 1, left) : 0;
        if (n >= 0 || errno != EINTR) {
            return n > 0;
        }
    }
}

// Writes all of buf, or drops what no reader made room for in time. Returns false on an error other than a full buffer.
static bool write_or_drop(int fd, const char *buf, size_t len) {
    while (len > 0) {
        ssize_t n = syscall(SYS_write, fd, buf, len);
        if (n > 0) {
            console.stalled = false;
            buf += n;
            len -= n;
        } else if (n < 0 && errno == EAGAIN) {
            if (console.stalled || !wait_for_room(fd)) {
                console.stalled = true;
                return true;
            }
        } else if (n == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool write_text(int fd, const char *buf, size_t len) {
    const char *end = buf + len;
    while (buf < end) {
        const char *newline = memchr(buf, '\n', end - buf);
        const char *stop = newline == NULL ? end : newline;
        if (!write_or_drop(fd, buf, stop - buf) || (newline != NULL && !write_or_drop(fd, "\r\n", 2))) {
            return false;
        }
        buf = newline == NULL ? end : newline + 1;
    }
    return true;
}

ssize_t write(int fd, const void *buf, size_t len) {
    if (!is_console_output(fd) || !console.executing) {
        return syscall(SYS_write, fd, buf, len);
    }
    bool text = isatty(fd) && interrupt_char_enabled();
    bool written = text ? write_text(fd, buf, len) : write_or_drop(fd, buf, len);
    return written ? (ssize_t)len : -1;
}

static size_t take_typed(char *buf, size_t len) {
    size_t n = MIN(len, (size_t)console.n_typed);
    memcpy(buf, console.typed, n);
    console.n_typed -= n;
    memmove(console.typed, console.typed + n, console.n_typed);
    return n;
}

ssize_t read(int fd, void *buf, size_t len) {
    if (fd != STDIN_FILENO || !console.executing) {
        return syscall(SYS_read, fd, buf, len);
    }

    // An executing command that reads its input waits, as it would on a board.
    sigset_t blocked, original;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGIO);
    sigprocmask(SIG_BLOCK, &blocked, &original);

    ssize_t n = take_typed(buf, len);
    if (n == 0 && len > 0) {
        n = syscall(SYS_read, fd, buf, len);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd p = {.fd = fd, .events = POLLIN};
            n = ppoll(&p, 1, NULL, &original);
            if (n >= 0) {
                errno = EINTR; // makes the caller handle what is pending and come back
                n = -1;
            }
        }
    }

    int err = errno;
    sigprocmask(SIG_SETMASK, &original, NULL);
    errno = err;
    return n;
}

static void input_arrived(int signum) {
    (void)signum;
    int err = errno;
    char c;
    while (interrupt_char_enabled() && console.n_typed < (sig_atomic_t)sizeof(console.typed) &&
           syscall(SYS_read, STDIN_FILENO, &c, 1) == 1) {
        if (c == CHAR_CTRL_C) {
            console.n_typed = 0;
            mp_sched_keyboard_interrupt();
        } else {
            console.typed[console.n_typed++] = c;
        }
    }
    errno = err;
}

static bool is_pty_master(int fd) {
    unsigned int number;
    return ioctl(fd, TIOCGPTN, &number) == 0;
}

// Makes fd non-blocking. O_NONBLOCK belongs to the open file, which a shell or a parent may share: where the file can
// be opened again, fd gets an open file of its own.
static void make_nonblocking(int fd) {
    struct stat st;
    if (fstat(fd, &st) != 0 || !(isatty(fd) || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))) {
        return;
    }

    int flags = fcntl(fd, F_GETFL);
    if (!is_pty_master(fd) && !S_ISSOCK(st.st_mode)) {
        char path[32];
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        int own = open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY);
        if (own >= 0) {
            dup2(own, fd);
            close(own);
            return;
        }
    }

    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

// attach(): from now on the standard streams are a console that never blocks. Terminal modes are left alone.
static mp_obj_t console_attach(void) {
    if (!console.attached) {
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
            make_nonblocking(fd);
        }
        console.attached = true;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(console_attach_obj, console_attach);

// execute(on): a command is about to execute, or has executed. Returns the input that was taken meanwhile, to look for
// Ctrl-C in it, and that the command did not read: bytes, at most 256.
static mp_obj_t console_execute(mp_obj_t on) {
    console.executing = console.attached && mp_obj_is_true(on);
    struct sigaction sa = {.sa_handler = console.executing ? input_arrived : SIG_IGN};
    sigemptyset(&sa.sa_mask);
    sigaction(SIGIO, &sa, NULL);
    int flags = fcntl(STDIN_FILENO, F_GETFL);
    if (console.executing) {
        fcntl(STDIN_FILENO, F_SETOWN, getpid());
    }
    fcntl(STDIN_FILENO, F_SETFL, console.executing ? flags | O_ASYNC : flags & ~O_ASYNC);
    mp_obj_t typed = mp_obj_new_bytes((const byte *)console.typed, console.n_typed);
    console.n_typed = 0;
    return typed;
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_execute_obj, console_execute);

static const mp_rom_map_elem_t console_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__console)},
    {MP_ROM_QSTR(MP_QSTR_attach), MP_ROM_PTR(&console_attach_obj)},
    {MP_ROM_QSTR(MP_QSTR_execute), MP_ROM_PTR(&console_execute_obj)},
};
static MP_DEFINE_CONST_DICT(console_globals, console_globals_table);

const mp_obj_module_t console_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&console_globals,
};

MP_REGISTER_MODULE(MP_QSTR__console, console_module);
