// Included before cyw43_ll.c: a radio that hangs must not hold the server up for a second with each thing that it is
// asked for and each packet. See wifi_patience.c.

#include "lib/cyw43-driver/src/cyw43_config.h"

// What the radio was asked for: a command of cyw43_ll.c, or to send a packet.
#define WIFI_PACKET (UINT32_MAX)

// Whether `asked`, for which the radio has let the driver wait so long, is to be given up. id: of the last command.
bool wifi_gives_up(uint32_t asked, uint16_t id, uint32_t waited_us);
// How many commands were given up so far, of which the driver tells nobody in places.
size_t wifi_given_up(void);
// The radio was switched on.
void wifi_patience_begin(void);
// Whether others have their turns while the driver waits: it starts the radio (modwifistart.c).
bool wifi_is_left_to_wait(void);

#define WIFI_WAIT(asked, waited_us, result)                                                                            \
    if (wifi_gives_up(asked, self->wwd_sdpcm_requested_ioctl_id, waited_us)) {                                         \
        return result;                                                                                                 \
    }                                                                                                                  \
    cyw43_yield()

// In cyw43_sdpcm_send_common, until the radio has room. A packet is lost, as others are on the air.
#undef CYW43_SDPCM_SEND_COMMON_WAIT
#define CYW43_SDPCM_SEND_COMMON_WAIT                                                                                   \
    bool is_command = kind == CONTROL_HEADER;                                                                          \
    uint32_t asked = is_command ? cyw43_get_le32(&buf[SDPCM_HEADER_LEN]) : WIFI_PACKET;                                \
    WIFI_WAIT(asked, cur_us - start_us, is_command ? -CYW43_ETIMEDOUT : 0)

// In cyw43_do_ioctl, until it answers. The driver does not give up by itself, which nobody would be told.
#undef CYW43_IOCTL_TIMEOUT_US
#define CYW43_IOCTL_TIMEOUT_US (UINT32_MAX)
#undef CYW43_DO_IOCTL_WAIT
#define CYW43_DO_IOCTL_WAIT WIFI_WAIT(cmd, cyw43_hal_ticks_us() - start, -CYW43_ETIMEDOUT)
