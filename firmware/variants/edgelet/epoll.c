// import _epoll: asyncio's queue of the tasks that wait for streams, over Linux's epoll.
//
// MicroPython's own (IOQueue in extmod/asyncio/core.py, over extmod/modselect.c) has the system look at every stream
// that a task waits for, before each step of any task, and walks all of them where a task is cancelled: beside 1,000
// clients that waited, a request cost eight times as much CPU time. Nor does it survive a lack of memory.
//
// A descriptor stays in the epoll instance until it is closed. It stays armed for reading, so that a task that reads
// and waits in turn costs no system call for that; what nobody reads then is taken out before the process would sleep.
// For writing it is armed for one event (EPOLLONESHOT), since most are ready for that all the time. A stream without a
// descriptor (TLS) is asked again and again.
//
// While tasks can go on, events are looked for every POLL_PERIOD_US only, not before each step of a task.

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"

#define MAX_EVENTS (64) // that are taken at a time; others come next
#define ASK_PERIOD_MS (1)
#define POLL_PERIOD_US (200)

_Static_assert(MP_STREAM_POLL_RD == EPOLLIN && MP_STREAM_POLL_WR == EPOLLOUT, "poll's bits are epoll's");
_Static_assert(MP_STREAM_POLL_ERR == EPOLLERR && MP_STREAM_POLL_HUP == EPOLLHUP, "poll's bits are epoll's");

// asyncio's variables, see extmod/modasyncio.c.
extern mp_obj_t mp_asyncio_context;

// The tasks that wait for a stream, MP_OBJ_NULL where none does. The descriptor of `armed_stream` is in the epoll
// instance, with the events `armed`: it is kept here so that no other object comes to its address, and a closed
// descriptor's number is not taken for it.
typedef struct {
    mp_obj_t stream;
    mp_obj_t reader;
    mp_obj_t writer;
    mp_obj_t armed_stream;
    uint32_t armed;
} waiters_t;

typedef struct {
    mp_obj_base_t base;
    int epoll;
    size_t waited_for; // streams
    waiters_t *of_fd;  // by descriptor
    size_t n_fds;
    waiters_t *asked; // for streams without a descriptor, in no order
    size_t n_asked;
    size_t most_asked;
    mp_uint_t polled_us; // when events were looked for last
} queue_t;

static uint32_t events_of(const waiters_t *waiters) {
    uint32_t reading = waiters->reader == MP_OBJ_NULL ? 0 : EPOLLIN;
    uint32_t writing = waiters->writer == MP_OBJ_NULL ? 0 : EPOLLOUT;
    return reading | writing;
}

// Has epoll tell these events of a stream with a descriptor, which it may do already. Returns 0 or errno.
static int arm(queue_t *self, int fd, mp_obj_t stream, uint32_t events) {
    waiters_t *waiters = &self->of_fd[fd];
    if (waiters->armed_stream == stream && waiters->armed == events) {
        return 0;
    }
    uint32_t once = events & EPOLLOUT ? EPOLLONESHOT : 0;
    struct epoll_event event = {.events = events | once, .data.fd = fd};
    bool is_armed = epoll_ctl(self->epoll, EPOLL_CTL_MOD, fd, &event) == 0 ||
                    (errno == ENOENT && epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &event) == 0);
    if (!is_armed) {
        return errno;
    }
    waiters->armed_stream = stream;
    waiters->armed = events;
    return 0;
}

static void disarm(queue_t *self, int fd) {
    epoll_ctl(self->epoll, EPOLL_CTL_DEL, fd, NULL);
    self->of_fd[fd].armed_stream = MP_OBJ_NULL;
    self->of_fd[fd].armed = 0;
}

static void push(mp_obj_t task) {
    mp_obj_t call[3];
    mp_load_method(mp_obj_dict_get(mp_asyncio_context, MP_OBJ_NEW_QSTR(MP_QSTR__task_queue)), MP_QSTR_push, call);
    call[2] = task;
    mp_call_method_n_kw(1, 0, call);
}

// Grows an array of `size` to hold `wanted`; returns its new size. Raises MemoryError with nothing changed.
static size_t epoll_grow(waiters_t **array, size_t size, size_t wanted) {
    if (wanted <= size) {
        return size;
    }
    size_t new_size = MAX(MAX(wanted, 2 * size), 16);
    *array = m_renew(waiters_t, *array, size, new_size);
    memset(*array + size, 0, (new_size - size) * sizeof(waiters_t));
    return new_size;
}

static int descriptor(mp_obj_t stream) {
    int error;
    mp_uint_t fd = mp_get_stream_raise(stream, MP_STREAM_OP_IOCTL)->ioctl(stream, MP_STREAM_GET_FILENO, 0, &error);
    return fd == MP_STREAM_ERROR ? -1 : (int)fd;
}

static waiters_t *find(queue_t *self, int fd, mp_obj_t stream) {
    if (fd >= 0) {
        self->n_fds = epoll_grow(&self->of_fd, self->n_fds, fd + 1);
        return &self->of_fd[fd];
    }
    for (size_t i = 0; i < self->n_asked; i++) {
        if (self->asked[i].stream == stream) {
            return &self->asked[i];
        }
    }
    self->most_asked = epoll_grow(&self->asked, self->most_asked, self->n_asked + 1);
    return &self->asked[self->n_asked];
}

// The current task waits for a stream. Raises OSError, or MemoryError with nothing changed.
static mp_obj_t enqueue(mp_obj_t self_in, mp_obj_t stream, bool to_read) {
    queue_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_t task = mp_obj_dict_get(mp_asyncio_context, MP_OBJ_NEW_QSTR(MP_QSTR_cur_task));

    int fd = descriptor(stream);
    waiters_t *waiters = find(self, fd, stream);
    mp_obj_t *place = to_read ? &waiters->reader : &waiters->writer;
    if (*place != MP_OBJ_NULL) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("another task waits for this stream"));
    }

    if (fd >= 0) {
        int error = arm(self, fd, stream, events_of(waiters) | (to_read ? EPOLLIN : EPOLLOUT));
        if (error == EPERM) {
            // A regular file or /dev/null, which is always ready.
            push(task);
            return mp_const_none;
        }
        if (error != 0) {
            mp_raise_OSError(error);
        }
    }

    if (waiters->stream == MP_OBJ_NULL) {
        waiters->stream = stream;
        self->waited_for++;
        self->n_asked += fd < 0;
    }
    *place = task;
    mp_store_attr(task, MP_QSTR_data, self_in); // whose remove() cancelling the task calls
    return mp_const_none;
}

// queue_read(stream), queue_write(stream): the current task goes on when it is ready for that, or in error.
static mp_obj_t queue_read(mp_obj_t self_in, mp_obj_t stream) {
    return enqueue(self_in, stream, true);
}
static MP_DEFINE_CONST_FUN_OBJ_2(queue_read_obj, queue_read);

static mp_obj_t queue_write(mp_obj_t self_in, mp_obj_t stream) {
    return enqueue(self_in, stream, false);
}
static MP_DEFINE_CONST_FUN_OBJ_2(queue_write_obj, queue_write);

static void forget_if_unwanted(queue_t *self, waiters_t *waiters) {
    if (waiters->stream != MP_OBJ_NULL && events_of(waiters) == 0) {
        waiters->stream = MP_OBJ_NULL;
        self->waited_for--;
    }
}

// Takes out of `asked` what nobody waits for.
static void close_ranks(queue_t *self) {
    size_t kept = 0;
    for (size_t i = 0; i < self->n_asked; i++) {
        if (self->asked[i].stream != MP_OBJ_NULL) {
            self->asked[kept++] = self->asked[i];
        }
    }
    memset(self->asked + kept, 0, (self->n_asked - kept) * sizeof(waiters_t));
    self->n_asked = kept;
}

static bool remove_from(queue_t *self, waiters_t *waiters, mp_obj_t task) {
    mp_obj_t *place = waiters->reader == task ? &waiters->reader : &waiters->writer;
    if (*place != task) {
        return false;
    }
    *place = MP_OBJ_NULL;
    forget_if_unwanted(self, waiters);
    return true;
}

// remove(task): it does not wait any more.
static mp_obj_t queue_remove(mp_obj_t self_in, mp_obj_t task) {
    queue_t *self = MP_OBJ_TO_PTR(self_in);
    for (size_t fd = 0; fd < self->n_fds; fd++) {
        if (remove_from(self, &self->of_fd[fd], task)) {
            uint32_t events = events_of(&self->of_fd[fd]);
            if (events != 0) {
                arm(self, fd, self->of_fd[fd].stream, events);
            } else {
                disarm(self, fd);
            }
        }
    }

    bool removed = false;
    for (size_t i = 0; i < self->n_asked; i++) {
        removed |= remove_from(self, &self->asked[i], task);
    }

    if (removed) {
        close_ranks(self);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(queue_remove_obj, queue_remove);

// Lets tasks go on after these events of their stream. Whether there was one.
static bool wake(queue_t *self, waiters_t *waiters, uint32_t events) {
    mp_obj_t reader = MP_OBJ_NULL, writer = MP_OBJ_NULL;
    if (events & ~EPOLLOUT) {
        reader = waiters->reader;
        waiters->reader = MP_OBJ_NULL;
    }
    if (events & ~EPOLLIN) {
        writer = waiters->writer;
        waiters->writer = MP_OBJ_NULL;
    }

    forget_if_unwanted(self, waiters);
    if (reader != MP_OBJ_NULL) {
        push(reader);
    }
    if (writer != MP_OBJ_NULL) {
        push(writer);
    }
    return reader != MP_OBJ_NULL || writer != MP_OBJ_NULL;
}

static bool wait_for_descriptors(queue_t *self, int timeout_ms) {
    struct epoll_event events[MAX_EVENTS];
    int count = epoll_wait(self->epoll, events, MAX_EVENTS, timeout_ms);
    if (count < 0 && errno != EINTR) {
        mp_raise_OSError(errno);
    }

    bool woken = false;
    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;
        waiters_t *waiters = &self->of_fd[fd];
        if (waiters->armed & EPOLLOUT) {
            waiters->armed = 0; // told once
        }
        bool is_wanted = wake(self, waiters, events[i].events);
        if (events_of(waiters) != 0) {
            arm(self, fd, waiters->stream, events_of(waiters));
        } else if (!is_wanted && timeout_ms != 0) {
            disarm(self, fd);
        }
        woken |= is_wanted;
    }
    return woken;
}

static bool ask_streams(queue_t *self) {
    bool woken = false;
    for (size_t i = 0; i < self->n_asked; i++) {
        mp_obj_t stream = self->asked[i].stream;
        int error;
        // Whoever waits for a stream that fails learns so by using it.
        uint32_t events = mp_get_stream(stream)->ioctl(stream, MP_STREAM_POLL, events_of(&self->asked[i]), &error);
        woken |= events != 0 && wake(self, &self->asked[i], events);
    }
    if (woken) {
        close_ranks(self);
    }
    return woken;
}

// wait_io_event(ms): waits until a task can go on, for at most so long; -1: for ever.
static mp_obj_t queue_wait_io_event(mp_obj_t self_in, mp_obj_t ms_in) {
    queue_t *self = MP_OBJ_TO_PTR(self_in);
    mp_int_t ms = mp_obj_get_int(ms_in);
    mp_uint_t began = ms > 0 ? mp_hal_ticks_ms() : 0;
    mp_int_t left = MIN(ms, INT_MAX);

    if (ms == 0 && mp_hal_ticks_us() - self->polled_us < POLL_PERIOD_US) {
        return mp_const_none;
    }
    for (;;) {
        bool may_wait = left != 0 && self->n_asked > 0;
        bool woken = wait_for_descriptors(self, may_wait ? ASK_PERIOD_MS : left);
        woken |= ask_streams(self);
        self->polled_us = mp_hal_ticks_us();
        if (woken || left == 0) {
            return mp_const_none;
        }
        mp_event_handle_nowait();
        if (ms > 0) {
            left = MAX(ms - (mp_int_t)(mp_hal_ticks_ms() - began), 0);
        }
    }
}
static MP_DEFINE_CONST_FUN_OBJ_2(queue_wait_io_event_obj, queue_wait_io_event);

static mp_obj_t queue_close(mp_obj_t self_in) {
    queue_t *self = MP_OBJ_TO_PTR(self_in);
    close(self->epoll);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(queue_close_obj, queue_close);

// map: whether a task waits, by asyncio's name for it.
static void queue_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    queue_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] == MP_OBJ_NULL && attr == MP_QSTR_map) {
        dest[0] = mp_obj_new_bool(self->waited_for > 0);
    } else {
        dest[1] = MP_OBJ_SENTINEL; // goes on in locals_dict
    }
}

static mp_obj_t queue_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)args;
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    queue_t *self = mp_obj_malloc_with_finaliser(queue_t, type);
    memset((byte *)self + sizeof(self->base), 0, sizeof(*self) - sizeof(self->base));
    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (self->epoll < 0) {
        mp_raise_OSError(errno);
    }
    return MP_OBJ_FROM_PTR(self);
}

static const mp_rom_map_elem_t queue_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_queue_read), MP_ROM_PTR(&queue_read_obj)},
    {MP_ROM_QSTR(MP_QSTR_queue_write), MP_ROM_PTR(&queue_write_obj)},
    {MP_ROM_QSTR(MP_QSTR_remove), MP_ROM_PTR(&queue_remove_obj)},
    {MP_ROM_QSTR(MP_QSTR_wait_io_event), MP_ROM_PTR(&queue_wait_io_event_obj)},
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&queue_close_obj)},
};
static MP_DEFINE_CONST_DICT(queue_locals, queue_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(queue_type, MP_QSTR_IOQueue, MP_TYPE_FLAG_NONE, make_new, queue_make_new, attr,
    queue_attr, locals_dict, &queue_locals);

// read_once(stream, buffer): reads what is there: its size, 0 at the end of the stream, None where there is nothing. A
// stream's readinto() asks the system again until the buffer is full.
static mp_obj_t read_once(mp_obj_t stream, mp_obj_t buffer) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(buffer, &info, MP_BUFFER_WRITE);
    mp_get_stream_raise(stream, MP_STREAM_OP_READ);
    int error;
    mp_uint_t size = mp_stream_rw(stream, info.buf, info.len, &error, MP_STREAM_RW_READ | MP_STREAM_RW_ONCE);
    if (error == 0) {
        return MP_OBJ_NEW_SMALL_INT(size);
    }
    if (!mp_is_nonblocking_error(error)) {
        mp_raise_OSError(error);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(read_once_obj, read_once);

static const mp_rom_map_elem_t epoll_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__epoll)},
    {MP_ROM_QSTR(MP_QSTR_read_once), MP_ROM_PTR(&read_once_obj)},
    {MP_ROM_QSTR(MP_QSTR_IOQueue), MP_ROM_PTR(&queue_type)},
};
static MP_DEFINE_CONST_DICT(epoll_globals, epoll_globals_table);

const mp_obj_module_t epoll_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&epoll_globals,
};

MP_REGISTER_MODULE(MP_QSTR__epoll, epoll_module);
