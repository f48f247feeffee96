// See dns_server.h. A thread waits for the resolver, for each question; what it has found comes by a pipe.

#include "dns_server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lwip/prot/dns.h"
#include "lwip/udp.h"

#define MAX_ASKED 8
#define MAX_NAME 255
#define MAX_QUESTION (SIZEOF_DNS_HDR + MAX_NAME + 1 + 4)
#define MAX_ADDRESSES 8
#define ADDRESS_RECORD 16 // bytes
#define TTL_S 60

enum { NO_ERROR, SERVER_FAILURE = 2, NO_SUCH_NAME = 3, REFUSED = 5 };

typedef struct _question_t {
    ip_addr_t from;
    u16_t port;
    size_t size;
    uint8_t message[MAX_QUESTION];
    char name[MAX_NAME + 1];
    uint8_t error;
    size_t count;
    struct in_addr addresses[MAX_ADDRESSES];
} question_t;

static struct udp_pcb *server;
static int answers[2];
static size_t asked;

static void dns_answer(const question_t *question) {
    uint8_t data[MAX_QUESTION + MAX_ADDRESSES * ADDRESS_RECORD];
    struct dns_hdr header;
    memcpy(&header, question->message, sizeof(header));
    header.flags1 = DNS_FLAG1_RESPONSE | (header.flags1 & DNS_FLAG1_RD);
    header.flags2 = DNS_FLAG2_RA | question->error;
    header.numanswers = lwip_htons(question->count);
    header.numauthrr = header.numextrarr = 0;
    memcpy(data, question->message, question->size);
    memcpy(data, &header, sizeof(header));
    size_t size = question->size;
    for (size_t i = 0; i < question->count; i++) {
        // The name is the question's.
        const uint8_t record[] = {0xC0, SIZEOF_DNS_HDR, 0, DNS_RRTYPE_A, 0, DNS_RRCLASS_IN, 0, 0, 0, TTL_S, 0, 4};
        memcpy(data + size, record, sizeof(record));
        memcpy(data + size + sizeof(record), &question->addresses[i], 4);
        size += ADDRESS_RECORD;
    }

    struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, size, PBUF_RAM);
    if (packet != NULL) {
        pbuf_take(packet, data, size);
        udp_sendto(server, packet, &question->from, question->port);
        pbuf_free(packet);
    }
}

static void *resolve(void *context) {
    question_t *question = context;
    struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int error = getaddrinfo(question->name, NULL, &wanted, &found);
    question->error = error == 0 ? NO_ERROR : SERVER_FAILURE;
    if (error == EAI_NONAME) {
        question->error = NO_SUCH_NAME;
    }
    for (struct addrinfo *one = found; one != NULL && question->count < MAX_ADDRESSES; one = one->ai_next) {
        question->addresses[question->count++] = ((struct sockaddr_in *)one->ai_addr)->sin_addr;
    }
    if (found != NULL) {
        freeaddrinfo(found);
    }
    if (write(answers[1], &question, sizeof(question)) != sizeof(question)) {
        abort();
    }
    return NULL;
}

// Reads the question's name; gives where it ends in the message, 0 where there is none.
static size_t read_name(question_t *question) {
    size_t at = SIZEOF_DNS_HDR, length = 0;
    while (at < question->size && question->message[at] != 0) {
        size_t label = question->message[at++];
        if (label > 63 || at + label >= question->size || length + label + 1 > MAX_NAME) {
            return 0;
        }

        memcpy(question->name + length, question->message + at, label);
        length += label;
        question->name[length++] = '.';
        at += label;
    }
    if (length == 0 || at >= question->size || memchr(question->name, 0, length) != NULL) {
        return 0;
    }
    question->name[length - 1] = 0;
    return at + 1;
}

// Whether it is one; leaves out what follows it.
static bool is_question(question_t *question) {
    struct dns_hdr header;
    memcpy(&header, question->message, sizeof(header));
    if (question->size < SIZEOF_DNS_HDR || header.flags1 & DNS_FLAG1_RESPONSE || header.numquestions != PP_HTONS(1)) {
        return false;
    }

    size_t end = read_name(question);
    if (end == 0 || end + 4 > question->size) {
        return false;
    }
    question->size = end + 4;
    return true;
}

static bool is_for_address(const question_t *question) {
    const uint8_t kind[] = {0, DNS_RRTYPE_A, 0, DNS_RRCLASS_IN};
    return memcmp(question->message + question->size - 4, kind, sizeof(kind)) == 0;
}

static void dns_received(void *context, struct udp_pcb *pcb, struct pbuf *packet, const ip_addr_t *from, u16_t port) {
    (void)context;
    (void)pcb;
    question_t *question = calloc(1, sizeof(*question));
    pthread_t thread;
    if (question != NULL) {
        question->from = *from;
        question->port = port;
        question->size = pbuf_copy_partial(packet, question->message, MAX_QUESTION, 0);
        if (is_question(question)) {
            bool is_asked = is_for_address(question) && asked < MAX_ASKED;
            if (is_asked && pthread_create(&thread, NULL, resolve, question) == 0) {
                pthread_detach(thread);
                asked++;
                question = NULL; // it is the thread's
            } else {
                question->error = REFUSED;
                dns_answer(question);
            }
        }
    }
    free(question);
    pbuf_free(packet);
}

void dns_server_begin(struct netif *interface) {
    if (pipe(answers) != 0) {
        abort();
    }
    server = udp_new();
    udp_bind(server, &interface->ip_addr, DNS_SERVER_PORT);
    udp_recv(server, dns_received, NULL);
}

int dns_server_answers(void) {
    return answers[0];
}

void dns_server_read(void) {
    question_t *question;
    if (read(answers[0], &question, sizeof(question)) == sizeof(question)) {
        asked--;
        dns_answer(question);
        free(question);
    }
}
