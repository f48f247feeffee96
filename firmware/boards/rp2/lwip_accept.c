// Hands on what a client sent before its connection was accepted as soon as that is.
//
// A client's first request comes with the segment that ends the handshake, or right behind it. MicroPython's callback
// refuses it, since there is no socket yet (extmod/modlwip.c, _lwip_tcp_recv_unaccepted), and lwIP offers it again when
// its fast timer runs: each new connection waited up to TCP_FAST_INTERVAL, 250 ms. The linker (--wrap, see rp2.cmake)
// puts this function in the place of that with which accept() sets the socket's callback.
//
// Connections that wait when their listener closes are aborted one after the other, and with each MicroPython's
// callback for errors moves the rest up in the queue (_lwip_tcp_err_unaccepted): every second one is passed over, and
// looks for the listener's socket later, where anything may be by then. So what MicroPython aborts calls nobody.

#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"

void __real_tcp_recv(struct tcp_pcb *pcb, tcp_recv_fn recv);
void __wrap_tcp_recv(struct tcp_pcb *pcb, tcp_recv_fn recv);
void __real_tcp_abort(struct tcp_pcb *pcb);
void __wrap_tcp_abort(struct tcp_pcb *pcb);

void __wrap_tcp_recv(struct tcp_pcb *pcb, tcp_recv_fn recv) {
    __real_tcp_recv(pcb, recv);
    // A listener, which has no data, gets NULL only. No callback of MicroPython's gives up the connection.
    if (recv != NULL && pcb->refused_data != NULL) {
        tcp_process_refused_data(pcb);
    }
}

void __wrap_tcp_abort(struct tcp_pcb *pcb) {
    if (pcb->state != LISTEN) {
        tcp_err(pcb, NULL);
    }
    __real_tcp_abort(pcb);
}
