// What the isolates need of the machine. One file a port: port_unix.c (with port_unix_pages.c) and port_esp32.c, which
// share port_hosted.c; port_cortexm.c and port_rv32.c, which share port_bare.c and port_heap.c and need a board beneath
// them, such as port_rp2.c.

#ifndef EDGELET_PORT_H
#define EDGELET_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Microseconds since 1970-01-01 UTC.
uint64_t port_time_us(void);
// Monotonic microseconds from an arbitrary origin.
uint64_t port_ticks_us(void);
// CPU time of this thread in microseconds; where nothing else runs, port_ticks_us. Safe in interrupt context.
uint64_t port_cpu_us(void);

// A moment from which CPU time is counted. cpu_us: of this thread then, or up to PORT_CPU_SLACK_US more.
typedef struct _port_cpu_mark_t {
    uint64_t cpu_us;
    uint64_t ticks_us; // port_ticks_us
    uint64_t least_us; // the CPU time is at least that
} port_cpu_mark_t;

// Now. On Linux it costs a tenth of port_cpu_us, which is a system call: the clock is read anew where that was longer
// ago than PORT_CPU_SLACK_US.
port_cpu_mark_t port_cpu_mark(void);
// Microseconds of this thread's CPU time since the mark: no less than it was, and at most PORT_CPU_SLACK_US more.
uint64_t port_cpu_since(const port_cpu_mark_t *mark);
#if defined(__linux__)
#define PORT_CPU_SLACK_US (250)
#else
#define PORT_CPU_SLACK_US (0)
#endif

// Fills `buf` with `len` bytes of the machine's best random source.
void port_random(void *buf, size_t len);

// A block of `size` bytes outside MicroPython's heap, aligned to 8; NULL when there is none. Zeroed.
// For arenas a board with a fixed arena returns that one (and NULL while it is taken).
void *port_arena_alloc(size_t size);
void port_arena_free(void *block, size_t size);
// Gives back what can be given back of the memory that holds an arena's first `extent` bytes; the arena keeps the
// addresses, and finds zeros there. Returns the bytes at its start that are as they were, and cost less to overwrite.
size_t port_arena_give_back(void *block, size_t extent);
// Two of memcpy's kind, from an image to the beginning of a block of port_arena_alloc: the second one where what was
// copied there last was the same image, of which it may leave out what nobody wrote to since.
#if defined(__linux__)
void *port_arena_copy(void *block, const void *image, size_t size);
void *port_arena_copy_again(void *block, const void *image, size_t size);
// Opens what port_arena_copy_again asks the kernel by, for a process that may not open it later.
void port_arena_track(void);
// Somebody else will write to the block than who uses the image: what follows is no copy again.
void port_arena_untrack(const void *block);
#else
#define port_arena_untrack(block) ((void)(block))
#define port_arena_copy memcpy
#define port_arena_copy_again memcpy
#endif
// As port_arena_alloc and port_arena_free for images, of which there are several.
void *port_image_alloc(size_t size);
void port_image_free(void *block, size_t size);
// Memory for what is kept of calls that wait, outside of port_run: best asked for in blocks of port_piece_size() bytes;
// aligned to a pointer; NULL when there is none. A port without an operating system takes it from MicroPython's heap,
// whose collector leaves alone what something that it knows points to. `after`: the block of the same size that was
// given just before, since when nothing was given back, or NULL.
size_t port_piece_size(void);
void *port_piece_alloc(size_t size, const void *after);
void port_piece_free(void *piece, size_t size);
// Bytes of the fixed arena; 0 where arenas are made to size.
size_t port_fixed_arena(void);

// Most bytes of C stack that JavaScript may be given, and what it gets when nothing is said.
size_t port_stack_max(void);
size_t port_stack_default(void);

// The lowest address that may be read of the stack that port_run runs on: for the tick, which may be on another one.
const void *port_stack_low(void);

// 8 bytes that name this firmware build.
void port_build_id(uint8_t id[8]);
// 8 bytes that name this firmware build and where its code lies: equal only where a pointer into code or constants
// means the same thing.
void port_firmware_id(uint8_t id[8]);

// Called from interrupt or signal context. Whether to abandon what runs.
typedef bool port_tick_t(void);
// Runs fn(arg) on the JavaScript stack, of which port_stack_max bytes may be used before the guard. While it runs,
// `tick` is called at least every 5 ms of CPU time; when that returns true, the port abandons fn as if it had called
// port_abandon. True when fn returned, false when it was abandoned. Not re-entrant.
bool port_run(void (*fn)(void *arg), void *arg, port_tick_t *tick);

// Leaves the function that port_run runs, from inside it. Frames between are dead, their locks and memory lost: the
// caller of port_run must restore what they touched.
_Noreturn void port_abandon(void);

// A computation on a stack of its own, which can be left in the middle and gone on with later. All of it lies in memory
// that may have other content meanwhile. What runs on it is abandoned as what does not: nothing is left to free but
// that memory.
typedef struct _port_fiber_t port_fiber_t;
// Bytes of the block that it needs; 0 where the port has no such stacks.
size_t port_fiber_size(void);
// Makes one that will run fn(arg), inside of port_run, while nothing abandons that, and just before it goes on. NULL
// where there can be none.
port_fiber_t *port_fiber_new(void *block, void (*fn)(void *arg), void *arg);
// Lets it run until it is left or has ended. Whether it has ended. They do not nest.
bool port_fiber_go_on(port_fiber_t *fiber);
// Leaves the one that runs, from inside.
void port_fiber_leave(void);
// Bytes of the stack of one that was left, where others will use that stack: to be kept elsewhere, and put back before
// it goes on.
size_t port_fiber_depth(const port_fiber_t *fiber);
void port_fiber_keep(const port_fiber_t *fiber, void *to);
void port_fiber_put_back(const port_fiber_t *fiber, const void *from);
// Overwrites the stack, once it has ended.
void port_fiber_wipe(port_fiber_t *fiber);

#endif // EDGELET_PORT_H
