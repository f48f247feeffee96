// import wifistart: switches the radio CYW43439 off and on, has it join a network, or open an access point of the
// board's own, a little at a time.
//
// begin() begins to switch it, anew where anything is under way and nobody goes on with it any more. MemoryError.
// join(name, password) begins to join: texts; "" for a network without a password. MemoryError.
// set_up(is_open) begins to open the access point that WLAN.config has set up, or to close it. MemoryError.
// go_on() -> how many ms it waits until it is to be called again, with others' turns meanwhile; None when it is done.
// OSError where the radio does not start, is off, or has not answered.
// join and set_up: OSError where anything is under way, which only begin may give up.
//
// The driver sends the radio its firmware and waits for what it answers, for the better part of a second and longer
// where nothing does; to join or to open is a dozen questions. So it computes on a stack of its own, which is left
// where the driver gives MicroPython a turn, or waits: see the wrapped functions (--wrap, wifi.cmake). Meanwhile the
// interrupt's part of the driver is kept from it (cyw43_poll), lwIP has no interface to send by, and frames that come
// are lost (wifi_patience.c), as others are on the air. Who else asks the radio for something while it starts, as
// somebody at the console, lets the driver start it in one go, and go_on finds it done.
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"

#include <string.h>

#include "lib/cyw43-driver/src/cyw43.h"
#include "lib/cyw43-driver/src/cyw43_country.h"
#include "lwip/igmp.h"
#include "pendsv.h"
#include "pico/time.h"
#include "port/port.h"
#include "wifi_patience.h"

#define WRAPPED(type, name, ...)                                                                                       \
    type __real_##name(__VA_ARGS__);                                                                                   \
    type __wrap_##name(__VA_ARGS__);                                                                                   \
    type __wrap_##name(__VA_ARGS__)

#define SLICE_US (10000)
// The driver waits by giving turns, one after the other at once.
#define AT_ONCE_US (5)
// Of the driver's stack, while others compute on it. It goes on where it has more.
#define KEPT_BYTES (1024)

// What lwIP does with the radio's interfaces.
typedef struct _wifistart_netif_t {
    netif_linkoutput_fn output;
    netif_igmp_mac_filter_fn filter;
} wifistart_netif_t;

// What the radio is to let through, as lwIP asks for it when an interface is set up.
typedef struct _wifistart_group_t {
    uint8_t address[6];
    bool add;
} wifistart_group_t;

typedef struct _wifistart_t {
    void (*run)(void *start);
    mp_obj_t name, password;                                    // to join
    bool is_open;                                               // the access point, in the end
    int result;                                                 // 0, or the driver's error
    wifistart_netif_t netifs[MP_ARRAY_SIZE(cyw43_state.netif)]; // before
    size_t groups_len;
    wifistart_group_t groups[4]; // 224.0.0.1 (RFC 1112) and 224.0.0.251 (mDNS, RFC 6762), and room
    port_fiber_t *fiber;         // NULL until it has begun
    uint64_t until_us;           // of a slice
    uint64_t turn_us;            // when the driver gave the last turn
    uint32_t pause_ms;
    void (*poll)(void); // what the driver has set
    bool ended;
    uint8_t kept[KEPT_BYTES];
    uintptr_t block[];
} wifistart_t;

MP_REGISTER_ROOT_POINTER(struct _wifistart_t *wifistart);

// On whose stack this is, or NULL.
static wifistart_t *wifistart_running;
// The driver's, of a radio that is on. NULL before the first is.
static void (*wifistart_poll)(void);

static void wifistart_leave(uint32_t pause_ms) {
    wifistart_running->pause_ms = pause_ms;
    port_fiber_leave();
}

bool wifi_is_left_to_wait(void) {
    return wifistart_running != NULL && wifistart_running->until_us != UINT64_MAX;
}

static void wifistart_take_turn(void) {
    wifistart_t *start = wifistart_running;
    uint64_t now_us = port_ticks_us();
    if (!wifi_is_left_to_wait()) {
        return;
    }
    if (now_us - start->turn_us <= AT_ONCE_US) {
        wifistart_leave(1);
    } else if (now_us >= start->until_us) {
        wifistart_leave(0);
    }
    start->turn_us = port_ticks_us();
}

WRAPPED(void, mp_event_handle_nowait, void) {
    if (wifistart_running != NULL) {
        wifistart_take_turn();
    } else {
        __real_mp_event_handle_nowait();
    }
}

// Before the driver looks again without a pause, since the radio's interrupt has asked for it: that waits for the
// slice's end, and the radio may not answer.
WRAPPED(bool, pendsv_is_pending, size_t slot) {
    bool is_pending = __real_pendsv_is_pending(slot);
    if (wifistart_running != NULL && is_pending) {
        wifistart_take_turn();
    }
    return is_pending;
}

WRAPPED(bool, best_effort_wfe_or_timeout, absolute_time_t until) {
    if (wifistart_running != NULL) {
        wifistart_take_turn();
    }
    return __real_best_effort_wfe_or_timeout(until);
}

// wifistart_go_on has the lock for all of a slice, and gives it back while others have their turns: soft timers, which
// wake MicroPython, need it.
WRAPPED(void, lwip_lock_acquire, void) {
    if (wifistart_running == NULL) {
        __real_lwip_lock_acquire();
    }
}

WRAPPED(void, lwip_lock_release, void) {
    if (wifistart_running == NULL) {
        __real_lwip_lock_release();
    }
}

// Of pico-sdk, which gives the radio 250 ms after it has switched it on.
WRAPPED(void, sleep_ms, uint32_t ms) {
    if (wifistart_running == NULL) {
        __real_sleep_ms(ms);
        return;
    }
    uint64_t now_us, end_us = port_ticks_us() + ms * 1000;
    while ((now_us = port_ticks_us()) < end_us) {
        wifistart_leave((uint32_t)(end_us - now_us) / 1000 + 1);
    }
}

// The radio was switched on. Where the driver was left in the middle, or the radio has failed to start, it still has
// the bus and a state that is none of this radio's.
WRAPPED(int, cyw43_ll_bus_init, cyw43_ll_t *driver, const uint8_t *mac) {
    if (wifistart_running == NULL) {
        MP_STATE_VM(wifistart) = NULL;
    }
    cyw43_ll_deinit(driver);
    cyw43_ll_init(driver, &cyw43_state);
    wifi_patience_begin();
    return __real_cyw43_ll_bus_init(driver, mac);
}

static err_t wifistart_send_nowhere(struct netif *netif, struct pbuf *packet) {
    (void)netif;
    (void)packet;
    return ERR_IF;
}

// What lwIP has to say of a network that is there now, it says out of the driver, which may send then.
static err_t wifistart_send_own(struct netif *netif, struct pbuf *packet) {
    wifistart_t *start = wifistart_running;
    return start != NULL ? start->netifs[netif - cyw43_state.netif].output(netif, packet) : ERR_IF;
}

static void wifistart_take(wifistart_t *start, size_t i, netif_linkoutput_fn output) {
    struct netif *netif = &cyw43_state.netif[i];
    start->netifs[i] = (wifistart_netif_t){netif->linkoutput, netif->igmp_mac_filter};
    netif->linkoutput = output;
    netif_set_igmp_mac_filter(netif, NULL);
}

static void wifistart_take_all(wifistart_t *start, netif_linkoutput_fn output) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(start->netifs); i++) {
        wifistart_take(start, i, output);
    }
}

static void wifistart_give_back(const wifistart_t *start) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(start->netifs); i++) {
        struct netif *netif = &cyw43_state.netif[i];
        if (netif->linkoutput == wifistart_send_own) {
            netif->linkoutput = start->netifs[i].output;
            netif_set_igmp_mac_filter(netif, start->netifs[i].filter);
        }
    }
}

// In the middle of lwIP, which others use: the driver would pause for 50 ms then.
WRAPPED(int, cyw43_wifi_update_multicast_filter, cyw43_t *driver, uint8_t *address, bool add) {
    wifistart_t *start = wifistart_running;
    if (start == NULL || wifi_is_left_to_wait() || start->groups_len == MP_ARRAY_SIZE(start->groups)) {
        return __real_cyw43_wifi_update_multicast_filter(driver, address, add);
    }
    wifistart_group_t *group = &start->groups[start->groups_len++];
    memcpy(group->address, address, sizeof(group->address));
    group->add = add;
    return 0;
}

static void wifistart_filter(wifistart_t *start, cyw43_t *driver) {
    for (size_t i = 0; i < start->groups_len; i++) {
        wifistart_group_t *group = &start->groups[i];
        __real_cyw43_wifi_update_multicast_filter(driver, group->address, group->add);
    }
    start->groups_len = 0;
}

WRAPPED(void, cyw43_cb_tcpip_init, cyw43_t *driver, int interface) {
    wifistart_t *start = wifistart_running;
    if (start != NULL) {
        start->until_us = UINT64_MAX;
    }
    __real_cyw43_cb_tcpip_init(driver, interface);
    if (start != NULL) {
        wifistart_take(start, interface, wifistart_send_own);
        start->until_us = port_ticks_us();
        wifistart_filter(start, driver);
    }
}

static uint32_t wifistart_country(void) {
    return CYW43_COUNTRY(mod_network_country_code[0], mod_network_country_code[1], 0);
}

static void wifistart_switch(void *arg) {
    wifistart_t *start = arg;
    // lwIP says goodbye by a radio that may not take it any more, for which the driver waits.
    wifistart_take_all(start, wifistart_send_nowhere);
    cyw43_deinit(&cyw43_state);
    cyw43_wifi_set_up(&cyw43_state, CYW43_ITF_STA, true, wifistart_country());
    wifistart_give_back(start);
}

static int wifistart_ask_to_join(const wifistart_t *start) {
    size_t name_len, password_len;
    const uint8_t *name = (const uint8_t *)mp_obj_str_get_data(start->name, &name_len);
    const uint8_t *password = (const uint8_t *)mp_obj_str_get_data(start->password, &password_len);
    uint32_t security = password_len > 0 ? CYW43_AUTH_WPA2_MIXED_PSK : CYW43_AUTH_OPEN;
    return cyw43_wifi_join(&cyw43_state, name_len, name, password_len, password, security, NULL, CYW43_CHANNEL_NONE);
}

static void wifistart_join_network(void *arg) {
    wifistart_t *start = arg;
    wifistart_take_all(start, wifistart_send_own);
    start->result = wifistart_ask_to_join(start);
    wifistart_give_back(start);
}

static void wifistart_open_or_close(void *arg) {
    wifistart_t *start = arg;
    wifistart_take_all(start, wifistart_send_own);
    size_t given_up = wifi_given_up();
    cyw43_wifi_set_up(&cyw43_state, CYW43_ITF_AP, start->is_open, wifistart_country());
    if (wifi_given_up() != given_up) {
        start->result = -MP_ETIMEDOUT;
    }
    wifistart_give_back(start);
}

static bool wifistart_never(void) {
    return false;
}

static void wifistart_slice(void *arg) {
    wifistart_t *start = arg;
    if (start->fiber == NULL) {
        start->fiber = port_fiber_new(start->block, start->run, start);
    } else {
        port_fiber_put_back(start->fiber, start->kept);
    }
    wifistart_running = start;
    do {
        start->until_us = port_ticks_us() + SLICE_US;
        start->ended = port_fiber_go_on(start->fiber);
    } while (!start->ended && port_fiber_depth(start->fiber) > sizeof(start->kept));
    wifistart_running = NULL;
    if (!start->ended) {
        port_fiber_keep(start->fiber, start->kept);
    }
}

static void wifistart_run_slice(wifistart_t *start) {
    lwip_lock_acquire();
    cyw43_poll = start->poll;
    if (!port_run(wifistart_slice, start, wifistart_never)) {
        panic("edgelet: the radio's driver needs more stack");
    }
    start->poll = cyw43_poll;
    if (cyw43_poll != NULL) {
        wifistart_poll = cyw43_poll;
    }
    if (start->ended) {
        // What the radio's interrupt has asked for meanwhile.
        pendsv_schedule_dispatch(PENDSV_DISPATCH_CYW43, cyw43_poll);
    } else {
        cyw43_poll = NULL;
    }
    lwip_lock_release();
}

static wifistart_t *wifistart_new(void (*run)(void *start)) {
    wifistart_t *start = m_malloc0(sizeof(wifistart_t) + port_fiber_size());
    start->run = run;
    // One that nobody goes on with any more has left the radio on, which the driver must know.
    start->poll = cyw43_state.itf_state != 0 ? wifistart_poll : cyw43_poll;
    MP_STATE_VM(wifistart) = start;
    return start;
}

static wifistart_t *wifistart_ask(void (*run)(void *start)) {
    if (MP_STATE_VM(wifistart) != NULL) {
        mp_raise_OSError(MP_EBUSY);
    }
    return wifistart_new(run);
}

static mp_obj_t wifistart_begin(void) {
    wifistart_new(wifistart_switch);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(wifistart_begin_obj, wifistart_begin);

static mp_obj_t wifistart_join(mp_obj_t name, mp_obj_t password) {
    mp_obj_str_get_str(name);
    mp_obj_str_get_str(password);
    wifistart_t *start = wifistart_ask(wifistart_join_network);
    start->name = name;
    start->password = password;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(wifistart_join_obj, wifistart_join);

static mp_obj_t wifistart_set_up(mp_obj_t is_open) {
    wifistart_ask(wifistart_open_or_close)->is_open = mp_obj_is_true(is_open);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(wifistart_set_up_obj, wifistart_set_up);

static mp_obj_t wifistart_go_on(void) {
    wifistart_t *start = MP_STATE_VM(wifistart);
    if (start != NULL) {
        wifistart_run_slice(start);
        if (!start->ended) {
            return MP_OBJ_NEW_SMALL_INT(start->pause_ms);
        }
        MP_STATE_VM(wifistart) = NULL;
        if (start->result != 0) {
            mp_raise_OSError(-start->result);
        }
    }
    if (cyw43_state.itf_state == 0) {
        mp_raise_OSError(MP_EIO);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(wifistart_go_on_obj, wifistart_go_on);

static const mp_rom_map_elem_t wifistart_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_wifistart)},
    {MP_ROM_QSTR(MP_QSTR_begin), MP_ROM_PTR(&wifistart_begin_obj)},
    {MP_ROM_QSTR(MP_QSTR_join), MP_ROM_PTR(&wifistart_join_obj)},
    {MP_ROM_QSTR(MP_QSTR_set_up), MP_ROM_PTR(&wifistart_set_up_obj)},
    {MP_ROM_QSTR(MP_QSTR_go_on), MP_ROM_PTR(&wifistart_go_on_obj)},
};
static MP_DEFINE_CONST_DICT(wifistart_globals, wifistart_globals_table);

const mp_obj_module_t wifistart_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&wifistart_globals,
};
MP_REGISTER_MODULE(MP_QSTR_wifistart, wifistart_module);
