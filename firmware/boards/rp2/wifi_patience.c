// How long the driver of the radio CYW43439 waits for it. The driver itself waits for a second, whatever it is: with
// a radio that hangs, joining, which is a dozen questions, would take longer than the watchdog bears.
//
// So the first one that is not answered tells that the radio is mute, and the others wait for a moment only, until it
// gives a sign, as whatever it has received: one that was slow for once, on a busy channel, loses no more packets then.

#include "lib/cyw43-driver/src/cyw43.h"
#include "wifi_patience.h"

// Where others have their turns meanwhile: what starts the radio, joins, opens (modwifistart.c).
#define PATIENCE_US (1000000)
// Where they wait, for what may be given up: a packet is sent again, a network has been left when the next one is
// joined, a search is repeated, and a radio that did not hear that it may not sleep answers later.
#define SHORT_US (150000)
// While it is mute.
#define MUTE_US (10000)
#define MUTE_START_US (100000)

static bool patience_is_mute;
static size_t patience_given_up;
static uint16_t patience_id;
static bool patience_hopes; // since nothing was given up after that command

static uint32_t patience_for(uint32_t asked) {
    if (asked == WIFI_PACKET) {
        return patience_is_mute ? 0 : SHORT_US;
    }
    if (wifi_is_left_to_wait()) {
        return patience_is_mute ? MUTE_START_US : PATIENCE_US;
    }
    return patience_is_mute ? MUTE_US : SHORT_US;
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
    patience_given_up += asked != WIFI_PACKET;
    patience_is_mute = true;
    patience_hopes = false;
    return true;
}

size_t wifi_given_up(void) {
    return patience_given_up;
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
