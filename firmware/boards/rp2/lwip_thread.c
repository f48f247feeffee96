// Keeps lwIP in thread mode where it speaks PPP.
//
// MicroPython runs lwIP's timers at the level of PendSV, and PPP's input in thread mode without a lock: either
// interrupts the other in the middle of lwIP's lists. And where PPP's output waits for room in the UART's buffer,
// MicroPython handles what is pending meanwhile: PPP's input again, inside lwIP, or Ctrl-C, which leaves it half-way.
//
// Here the timers become a callback of MicroPython's scheduler, and nothing pending is handled inside lwIP. The linker
// (--wrap, see ppp.cmake) puts these functions in the place of those that MicroPython calls.
//
// MicroPython handles what is pending and then sleeps until the next interrupt (py/scheduler.c, mp_event_wait_ms).
// Where that was PPP's input, for which select.poll waits, the request that came lay there until a timer of lwIP's woke
// the board, up to 64 ms later: here nothing sleeps after it has handled something.

#include "py/mphal.h"
#include "py/runtime.h"

#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "netif/ppp/pppos.h"

#define WRAPPED(type, name, ...)                                                                                       \
    type __real_##name(__VA_ARGS__);                                                                                   \
    type __wrap_##name(__VA_ARGS__);                                                                                   \
    type __wrap_##name(__VA_ARGS__)

// How deep thread mode is in lwIP.
static unsigned int lwip_depth;

WRAPPED(void, lwip_lock_acquire, void) {
    lwip_depth++;
}

WRAPPED(void, lwip_lock_release, void) {
    lwip_depth--;
}

WRAPPED(void, mp_event_wait_ms, mp_uint_t timeout_ms) {
    if (lwip_depth > 0) {
        mp_wfe_or_timeout(timeout_ms);
    } else if (MP_STATE_VM(sched_state) == MP_SCHED_PENDING) {
        mp_event_handle_nowait();
    } else {
        __real_mp_event_wait_ms(timeout_ms);
    }
}

WRAPPED(err_t, ppp_connect, ppp_pcb *pcb, u16_t holdoff) {
    lwip_depth++;
    err_t err = __real_ppp_connect(pcb, holdoff);
    lwip_depth--;
    return err;
}

WRAPPED(err_t, ppp_close, ppp_pcb *pcb, u8_t nocarrier) {
    lwip_depth++;
    err_t err = __real_ppp_close(pcb, nocarrier);
    lwip_depth--;
    return err;
}

WRAPPED(err_t, ppp_free, ppp_pcb *pcb) {
    lwip_depth++;
    err_t err = __real_ppp_free(pcb);
    lwip_depth--;
    return err;
}

WRAPPED(void, pppos_input, ppp_pcb *ppp, const void *data, int len) {
    lwip_depth++;
    __real_pppos_input(ppp, data, len);
    lwip_depth--;
}

// Output for which there is no memory at the moment stays queued, and goes out with the next acknowledgement or, where
// nothing waits for one, with the next run of the timers: lwIP's own leave it where it is. MicroPython takes this for
// an error of the write, whose data then are lost or, written again, sent twice.
WRAPPED(err_t, tcp_output, struct tcp_pcb *pcb) {
    err_t err = __real_tcp_output(pcb);
    return err == ERR_MEM ? ERR_OK : err;
}

void __real_sys_check_timeouts(void);

static mp_sched_node_t timers;

static void run_timers(mp_sched_node_t *node) {
    (void)node;
    lwip_depth++;
    __real_sys_check_timeouts();
    tcp_txnow();
    lwip_depth--;
}

void __wrap_sys_check_timeouts(void);

void __wrap_sys_check_timeouts(void) {
    mp_sched_schedule_node(&timers, run_timers);
}

// A soft reset empties MicroPython's queue, and a node that was in it would be taken for scheduled ever after.
void lwip_thread_soft_reset(void) {
    timers.callback = NULL;
}
