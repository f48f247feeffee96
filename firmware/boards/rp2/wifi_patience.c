// How long the driver of the radio CYW43439 waits for it. The driver itself waits for a second, whatever it is: with a
// radio that hangs, joining, which is a dozen questions, would take longer than the watchdog bears.
//
// So the first one that is not answered tells that the radio is mute, and the others wait for a moment only, until it
// gives a sign, as whatever it has received: one that was slow for once, on a busy channel, loses no more packets then.
// Leaving a network is the first one for a radio that hears nothing any more (edgelet/board/network.py).

#include "lib/cyw43-driver/src/cyw43.h"
#include "wifi_patience.h"

#define PATIENCE_US (1000000)
// For what may be given up: a packet is sent again, a network has been left when the next one is joined.
#define SHORT_US (150000)
// While it is mute: where others wait meanwhile, and where they have their turns.
#define MUTE_US (10000)
#define MUTE_START_US (100000)

// Of cyw43_ll.c.
#define DISASSOC (CYW43_IOCTL_SET_DISASSOC >> 1)
#define GET_RSSI (CYW43_IOCTL_GET_RSSI >> 1)

static bool patience_is_mute;
static uint16_t patience_id;
static bool patience_hopes; // since nothing was given up after that command

static uint32_t patience_for(uint32_t asked) {
    if (patience_is_mute) {
        if (asked == WIFI_PACKET) {
            return 0;
        }
        return wifi_is_left_to_wait() ? MUTE_START_US : MUTE_US;
    }
    bool is_short = asked == WIFI_PACKET || asked == DISASSOC || asked == GET_RSSI;
    return is_short ? SHORT_US : PATIENCE_US;
}

bool wifi_gives_up(uint32_t asked, uint16_t id, uint32_t waited_us) {
    if (asked != WIFI_PACKET && id != patience_id) {
        if (patience_hopes) { // the one before was answered
            patience_is_mute = false;
        }
        patience_id = id;
        patience_hopes = true;
    }
    if (waited_us < patience_for(asked)) {
        return false;
    }
    patience_is_mute = true;
    patience_hopes = false;
    return true;
}

void wifi_patience_begin(void) {
    patience_is_mute = patience_hopes = false;
}

void __real_cyw43_cb_process_async_event(void *data, const cyw43_async_event_t *event);
void __wrap_cyw43_cb_process_async_event(void *data, const cyw43_async_event_t *event);

void __wrap_cyw43_cb_process_async_event(void *data, const cyw43_async_event_t *event) {
    patience_is_mute = false;
    __real_cyw43_cb_process_async_event(data, event);
}

void __real_cyw43_cb_process_ethernet(void *data, int interface, size_t len, const uint8_t *frame);
void __wrap_cyw43_cb_process_ethernet(void *data, int interface, size_t len, const uint8_t *frame);

void __wrap_cyw43_cb_process_ethernet(void *data, int interface, size_t len, const uint8_t *frame) {
    patience_is_mute = false;
    // lwIP, and who is called by it, would need more stack than a driver that is left to wait has.
    if (!wifi_is_left_to_wait()) {
        __real_cyw43_cb_process_ethernet(data, interface, len, frame);
    }
}
