// URL records (URL standard, section 4). Shared by the web_url*.c files.

#ifndef EDGELET_WEB_URL_H
#define EDGELET_WEB_URL_H

#include "web/web_private.h"

typedef struct _web_url_t {
    int refs;
    web_buf_t scheme; // without ':'
    web_buf_t username;
    web_buf_t password;
    web_buf_t host; // serialized, IPv6 in brackets
    web_buf_t path; // serialized: "/a/b", or any text where opaque_path
    web_buf_t query;
    web_buf_t fragment;
    int32_t port;  // -1: none, or the scheme's
    bool has_host; // an empty host is not the same as none
    bool has_query;
    bool has_fragment;
    bool opaque_path;
} web_url_t;

web_url_t *web_url_new(JSContext *ctx);
void web_url_free(JSRuntime *rt, web_url_t *url);
void web_url_swap(web_url_t *a, web_url_t *b);

// Parses into a new record. base may be NULL. False where that is no URL.
bool web_url_parse(JSContext *ctx, web_url_t *url, base_slice_t input, const web_url_t *base);
// Appends the serialized record, without the fragment where `fragment` is false.
void web_url_serialize(JSContext *ctx, const web_url_t *url, web_buf_t *out, bool fragment);
// Appends the port behind `before`; nothing where there is none.
void web_url_put_port(JSContext *ctx, const web_url_t *url, web_buf_t *out, const char *before);
JSValue web_url_string(JSContext *ctx, const web_url_t *url);

// The parts that setters change: the basic URL parser with a state override.
typedef enum {
    WEB_URL_PROTOCOL,
    WEB_URL_HOST,
    WEB_URL_HOSTNAME,
    WEB_URL_PORT,
    WEB_URL_PATH,
    WEB_URL_QUERY,
    WEB_URL_FRAGMENT,
} web_url_part_t;
// Sets a part; what is no valid part changes nothing.
void web_url_set(JSContext *ctx, web_url_t *url, web_url_part_t part, base_slice_t input);

// Replaces username or password.
void web_url_set_userinfo(JSContext *ctx, web_buf_t *part, base_slice_t input);

bool web_url_is_special(const web_url_t *url);
bool web_url_scheme_is(const web_url_t *url, const char *scheme);

// Percent-encode sets (URL standard, section 1.3), each a superset of the one before but for the last two.
typedef enum {
    WEB_ENCODE_C0,
    WEB_ENCODE_FRAGMENT,
    WEB_ENCODE_QUERY,
    WEB_ENCODE_SPECIAL_QUERY,
    WEB_ENCODE_PATH,
    WEB_ENCODE_USERINFO,
    WEB_ENCODE_FORM, // without the space's '+'
} web_encode_set_t;
void web_percent_encode(JSContext *ctx, web_buf_t *out, base_slice_t input, web_encode_set_t set);

// Parses and serializes a host (section 3.5). `special` says whether it is a domain. False where it is no host.
bool web_url_parse_host(JSContext *ctx, web_buf_t *out, base_slice_t input, bool special);

#endif // EDGELET_WEB_URL_H
