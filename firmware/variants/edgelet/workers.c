// import _workers: processes that a process forks and looks after, and the sockets between them. Descriptors are plain
// numbers here, so that no object of a process that was forked closes what its parent has at that number.

#define _GNU_SOURCE // MSG_CMSG_CLOEXEC, pipe2

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "py/mphal.h"
#include "py/runtime.h"

#include "confine.h"
#include "port/port.h"

#define MOST_WAITED_FOR (1024)
#define MOST_TEXT (256) // bytes of a message that send() sends

static void fail_if(bool failed) {
    if (failed) {
        mp_raise_OSError(errno);
    }
}

// pair(in_messages): the two ends of a socket, of a stream or of messages that stay whole.
static mp_obj_t workers_pair(mp_obj_t in_messages) {
    int ends[2];
    int type = mp_obj_is_true(in_messages) ? SOCK_SEQPACKET : SOCK_STREAM;
    fail_if(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0);
    mp_obj_t items[] = {mp_obj_new_int(ends[0]), mp_obj_new_int(ends[1])};
    return mp_obj_new_tuple(2, items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(workers_pair_obj, workers_pair);

// fork(): (process, descriptor) for the parent, of which the descriptor is readable when the child has ended, in
// whatever way; (0, -1) for the child, which ends with its parent.
static mp_obj_t workers_fork(void) {
    int life[2];
    fail_if(pipe2(life, O_CLOEXEC) < 0);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) {
        int error = errno;
        close(life[0]);
        close(life[1]);
        mp_raise_OSError(error);
    }
    close(child == 0 ? life[0] : life[1]);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(1);
        }
    }
    mp_obj_t items[] = {mp_obj_new_int(child), mp_obj_new_int(child == 0 ? -1 : life[0])};
    return mp_obj_new_tuple(2, items);
}
static MP_DEFINE_CONST_FUN_OBJ_0(workers_fork_obj, workers_fork);

// reap(process): waits for its end; its exit status, or the negative number of the signal that ended it.
static mp_obj_t workers_reap(mp_obj_t process) {
    int status;
    pid_t found;
    do {
        found = waitpid((pid_t)mp_obj_get_int(process), &status, 0);
    } while (found < 0 && errno == EINTR);
    fail_if(found < 0);
    return mp_obj_new_int(WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status));
}
static MP_DEFINE_CONST_FUN_OBJ_1(workers_reap_obj, workers_reap);

// kill(process): ends a child that was not reaped yet.
static mp_obj_t workers_kill(mp_obj_t process) {
    kill((pid_t)mp_obj_get_int(process), SIGKILL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(workers_kill_obj, workers_kill);

// leave(status): ends this process at once.
static mp_obj_t workers_leave(mp_obj_t status) {
    _exit((int)mp_obj_get_int(status));
}
static MP_DEFINE_CONST_FUN_OBJ_1(workers_leave_obj, workers_leave);

// wait(descriptors, ms): a list of those that are readable, after at most so long; -1: when there is one.
static mp_obj_t workers_wait(mp_obj_t descriptors, mp_obj_t ms) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(descriptors, &count, &items);
    if (count > MOST_WAITED_FOR) {
        mp_raise_ValueError(MP_ERROR_TEXT("too many descriptors"));
    }
    struct pollfd waited[MOST_WAITED_FOR];
    for (size_t i = 0; i < count; i++) {
        waited[i] = (struct pollfd){.fd = (int)mp_obj_get_int(items[i]), .events = POLLIN};
    }
    fail_if(poll(waited, count, (int)mp_obj_get_int(ms)) < 0 && errno != EINTR);
    mp_obj_t ready = mp_obj_new_list(0, NULL);
    for (size_t i = 0; i < count; i++) {
        if (waited[i].revents != 0) {
            mp_obj_list_append(ready, items[i]);
        }
    }
    return ready;
}
static MP_DEFINE_CONST_FUN_OBJ_2(workers_wait_obj, workers_wait);

// close(descriptor)
static mp_obj_t workers_close(mp_obj_t descriptor) {
    close((int)mp_obj_get_int(descriptor));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(workers_close_obj, workers_close);

// set_nonblocking(descriptor)
static mp_obj_t workers_set_nonblocking(mp_obj_t descriptor_in) {
    int descriptor = (int)mp_obj_get_int(descriptor_in);
    fail_if(fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) < 0);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(workers_set_nonblocking_obj, workers_set_nonblocking);

// leave_console(): standard input and output are somebody else's; errors still go where they went.
static mp_obj_t workers_leave_console(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    fail_if(null < 0);
    fail_if(dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0);
    close(null);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(workers_leave_console_obj, workers_leave_console);

// send(descriptor, text, passed): a message of at most 256 bytes, with a descriptor, or -1 for none.
static mp_obj_t workers_send(mp_obj_t descriptor, mp_obj_t text, mp_obj_t passed_in) {
    size_t len;
    const char *data = mp_obj_str_get_data(text, &len);
    int passed = (int)mp_obj_get_int(passed_in);
    struct iovec piece = {.iov_base = (void *)data, .iov_len = len};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    memset(&control, 0, sizeof(control));
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (passed >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &passed, sizeof(int));
    }
    ssize_t sent;
    do {
        sent = sendmsg((int)mp_obj_get_int(descriptor), &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    fail_if(sent < 0);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(workers_send_obj, workers_send);

// receive(descriptor): (text, descriptor or -1) of the next message; b"" where nobody will send another.
static mp_obj_t workers_receive(mp_obj_t descriptor) {
    char text[MOST_TEXT];
    struct iovec piece = {.iov_base = text, .iov_len = sizeof(text)};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
    ssize_t got;
    do {
        got = recvmsg((int)mp_obj_get_int(descriptor), &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    fail_if(got < 0);
    int passed = -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        memcpy(&passed, CMSG_DATA(header), sizeof(int));
    }
    mp_obj_t items[] = {mp_obj_new_bytes((const byte *)text, got), mp_obj_new_int(passed)};
    return mp_obj_new_tuple(2, items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(workers_receive_obj, workers_receive);

// confine(readable): this process and all that it starts may read these files and folders only, write none, and have no
// part in other processes: see confine.h. Returns a tuple of the names of what the kernel has for that.
static mp_obj_t workers_confine(mp_obj_t readable) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(readable, &count, &items);
    const char **paths = m_new(const char *, count);
    for (size_t i = 0; i < count; i++) {
        paths[i] = mp_obj_str_get_str(items[i]);
    }
    port_arena_track();
    mp_obj_t names[CONFINE_KINDS];
    size_t found = 0;
    for (int kind = 0; kind < CONFINE_KINDS; kind++) {
        if (confine_by(kind, paths, count)) {
            names[found++] = mp_obj_new_str_from_cstr(confine_name(kind));
        }
    }
    return mp_obj_new_tuple(found, names);
}
static MP_DEFINE_CONST_FUN_OBJ_1(workers_confine_obj, workers_confine);

MP_DECLARE_CONST_FUN_OBJ_1(messages_pack_obj);
MP_DECLARE_CONST_FUN_OBJ_1(messages_unpack_obj);

static const mp_rom_map_elem_t workers_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__workers)},
    {MP_ROM_QSTR(MP_QSTR_pair), MP_ROM_PTR(&workers_pair_obj)},
    {MP_ROM_QSTR(MP_QSTR_fork), MP_ROM_PTR(&workers_fork_obj)},
    {MP_ROM_QSTR(MP_QSTR_reap), MP_ROM_PTR(&workers_reap_obj)},
    {MP_ROM_QSTR(MP_QSTR_kill), MP_ROM_PTR(&workers_kill_obj)},
    {MP_ROM_QSTR(MP_QSTR_leave), MP_ROM_PTR(&workers_leave_obj)},
    {MP_ROM_QSTR(MP_QSTR_wait), MP_ROM_PTR(&workers_wait_obj)},
    {MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&workers_close_obj)},
    {MP_ROM_QSTR(MP_QSTR_set_nonblocking), MP_ROM_PTR(&workers_set_nonblocking_obj)},
    {MP_ROM_QSTR(MP_QSTR_leave_console), MP_ROM_PTR(&workers_leave_console_obj)},
    {MP_ROM_QSTR(MP_QSTR_send), MP_ROM_PTR(&workers_send_obj)},
    {MP_ROM_QSTR(MP_QSTR_receive), MP_ROM_PTR(&workers_receive_obj)},
    {MP_ROM_QSTR(MP_QSTR_confine), MP_ROM_PTR(&workers_confine_obj)},
    {MP_ROM_QSTR(MP_QSTR_pack), MP_ROM_PTR(&messages_pack_obj)},
    {MP_ROM_QSTR(MP_QSTR_unpack), MP_ROM_PTR(&messages_unpack_obj)},
    {MP_ROM_QSTR(MP_QSTR_SO_REUSEPORT), MP_ROM_INT(SO_REUSEPORT)},
};
static MP_DEFINE_CONST_DICT(workers_globals, workers_globals_table);

const mp_obj_module_t workers_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&workers_globals,
};
MP_REGISTER_MODULE(MP_QSTR__workers, workers_module);
