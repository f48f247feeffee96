// Ends what lwIP's mDNS still waits for in a network interface that goes.
//
// mdns_resp_remove_netif of lwIP 2.2 frees what mDNS has of an interface, and ends one of its timers. The others find
// nothing at NULL then, where the boot ROM is: one took a part of its copyright for an address, and the board stood
// still until the watchdog bit. A radio that is switched off within a second of an announcement is enough, as when
// settings are changed soon after it has joined. The linker (--wrap) puts this function in its place.

#include "lwip/apps/mdns.h"
#include "lwip/apps/mdns_out.h"
#include "lwip/timeouts.h"

err_t __real_mdns_resp_remove_netif(struct netif *netif);
err_t __wrap_mdns_resp_remove_netif(struct netif *netif);

static const sys_timeout_handler wifi_mdns_timers[] = {
    mdns_multicast_timeout_reset_ipv4,
    mdns_multicast_probe_timeout_reset_ipv4,
    mdns_multicast_timeout_25ttl_reset_ipv4,
    mdns_send_multicast_msg_delayed_ipv4,
    mdns_send_unicast_msg_delayed_ipv4,
#if LWIP_IPV6
    mdns_multicast_timeout_reset_ipv6,
    mdns_multicast_probe_timeout_reset_ipv6,
    mdns_multicast_timeout_25ttl_reset_ipv6,
    mdns_send_multicast_msg_delayed_ipv6,
    mdns_send_unicast_msg_delayed_ipv6,
#endif
};

err_t __wrap_mdns_resp_remove_netif(struct netif *netif) {
    for (size_t i = 0; i < LWIP_ARRAYSIZE(wifi_mdns_timers); i++) {
        sys_untimeout(wifi_mdns_timers[i], netif);
    }
    return __real_mdns_resp_remove_netif(netif);
}
