// Refuses to queue what lwIP has no memory for at the moment, and keeps what PPP needs to send what is queued.
//
// MicroPython takes a lack of memory for a reason to wait, with everybody: for 10 s, longer than the watchdog does.
// Here it is told that the write would block, so that the event loop comes back to it.
//
// And PPP takes memory for each packet that it sends. Where segments of several connections take all of it, no
// acknowledgement, no echo of PPP and none of the segments could be sent ever after: the connections hung until their
// time was over, and with them the link. The linker (--wrap, see rp2.cmake) puts this function in the place of
// tcp_write.

#include "lwip/mem.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"

#if PPP_SUPPORT
// A packet as pppos.c has it, and a segment without data, for which TCP takes memory when it acknowledges or closes.
#define KEPT_BYTES (LWIP_MEM_ALIGN_SIZE(sizeof(struct pbuf)) + LWIP_MEM_ALIGN_SIZE(PBUF_POOL_BUFSIZE) + 160)
#endif

err_t __real_tcp_write(struct tcp_pcb *pcb, const void *data, u16_t size, u8_t flags);
err_t __wrap_tcp_write(struct tcp_pcb *pcb, const void *data, u16_t size, u8_t flags);

err_t __wrap_tcp_write(struct tcp_pcb *pcb, const void *data, u16_t size, u8_t flags) {
#if PPP_SUPPORT
    void *kept = mem_malloc(KEPT_BYTES);
    if (kept == NULL) {
        return ERR_WOULDBLOCK;
    }
#endif
    err_t err = __real_tcp_write(pcb, data, size, flags);
#if PPP_SUPPORT
    mem_free(kept);
#endif
    return err == ERR_MEM ? ERR_WOULDBLOCK : err;
}
