// import wifiscan: looks for Wi-Fi networks with the radio CYW43439, without waiting as WLAN.scan() does.
//
// begin() begins to look, with the radio switched on, anew where it looks already; OSError where it cannot.
// found() -> [(name as bytes, dBm, security; 0 for none)] of the strongest, None while it looks.
#include "py/mphal.h"
#include "py/runtime.h"

#include <string.h>

#include "lib/cyw43-driver/src/cyw43.h"

#define MOST (16)

typedef struct {
    uint8_t size;
    uint8_t name[32];
    uint8_t security;
    int16_t rssi;
} network_t;

typedef struct _wifiscan_t {
    size_t count;
    network_t networks[MOST];
} wifiscan_t;

// The driver writes into it, at the level of PendSV, which must not allocate.
MP_REGISTER_ROOT_POINTER(struct _wifiscan_t *wifiscan);

static network_t *wifiscan_place(wifiscan_t *scan, const cyw43_ev_scan_result_t *heard) {
    network_t *weakest = NULL;
    for (size_t i = 0; i < scan->count; i++) {
        network_t *one = &scan->networks[i];
        if (one->size == heard->ssid_len && memcmp(one->name, heard->ssid, one->size) == 0) {
            return one;
        }
        if (weakest == NULL || one->rssi < weakest->rssi) {
            weakest = one;
        }
    }
    if (scan->count < MOST) {
        weakest = &scan->networks[scan->count++];
        weakest->rssi = INT16_MIN;
    }
    return weakest;
}

static int wifiscan_hear(void *data, const cyw43_ev_scan_result_t *heard) {
    wifiscan_t *scan = MP_STATE_VM(wifiscan);
    if (scan != NULL && scan == data && heard->ssid_len > 0 && heard->ssid_len <= sizeof(scan->networks[0].name)) {
        network_t *place = wifiscan_place(scan, heard);
        if (heard->rssi > place->rssi) {
            place->size = heard->ssid_len;
            memcpy(place->name, heard->ssid, place->size);
            place->security = heard->auth_mode;
            place->rssi = heard->rssi;
        }
    }
    return 0;
}

// The driver does not tell whether the radio has heard of it: one that it has not heard of would never end.
static mp_obj_t wifiscan_begin(void) {
    wifiscan_t *scan = m_new0(wifiscan_t, 1);
    MP_STATE_VM(wifiscan) = scan;
    cyw43_wifi_scan_options_t options = {.scan_type = 0};
    memset(options.bssid, 0xff, sizeof(options.bssid));
    int result = cyw43_wifi_scan(&cyw43_state, &options, scan, wifiscan_hear);
    if (result < 0) {
        MP_STATE_VM(wifiscan) = NULL;
        mp_raise_OSError(-result);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(wifiscan_begin_obj, wifiscan_begin);

static mp_obj_t wifiscan_found(void) {
    if (cyw43_wifi_scan_active(&cyw43_state)) {
        return mp_const_none;
    }
    mp_obj_t list = mp_obj_new_list(0, NULL);
    wifiscan_t *scan = MP_STATE_VM(wifiscan);
    for (size_t i = 0; scan != NULL && i < scan->count; i++) {
        network_t *one = &scan->networks[i];
        mp_obj_t items[] = {
            mp_obj_new_bytes(one->name, one->size),
            MP_OBJ_NEW_SMALL_INT(one->rssi),
            MP_OBJ_NEW_SMALL_INT(one->security),
        };
        mp_obj_list_append(list, mp_obj_new_tuple(MP_ARRAY_SIZE(items), items));
    }
    MP_STATE_VM(wifiscan) = NULL;
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_0(wifiscan_found_obj, wifiscan_found);

static const mp_rom_map_elem_t wifiscan_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_wifiscan)},
    {MP_ROM_QSTR(MP_QSTR_begin), MP_ROM_PTR(&wifiscan_begin_obj)},
    {MP_ROM_QSTR(MP_QSTR_found), MP_ROM_PTR(&wifiscan_found_obj)},
};
static MP_DEFINE_CONST_DICT(wifiscan_globals, wifiscan_globals_table);

const mp_obj_module_t wifiscan_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&wifiscan_globals,
};
MP_REGISTER_MODULE(MP_QSTR_wifiscan, wifiscan_module);
