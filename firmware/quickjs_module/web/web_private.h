// What the files of the web objects share. Not for others.
//
// Nothing here fails for want of memory (engine/engine.h): -1 and exceptions come of what scripts do. Where a function
// runs none of a script's code, it has no such result.

#ifndef EDGELET_WEB_PRIVATE_H
#define EDGELET_WEB_PRIVATE_H

#include <string.h>

#include "base_text.h"
#include "base_utf8.h"
#include "engine/engine.h"
#include "events/event.h"
#include "isolate/host.h"
#include "streams/stream.h"
#include "web/web.h"
#include "web/web_tools.h"

// In each context. Values that are undefined are JS_UNDEFINED unless it says otherwise.
typedef struct _web_t {
    JSValue handler;         // the function; undefined where listeners handle requests
    JSValue handler_this;    // the object that it is a method of, or undefined
    JSValue outcome;         // promise (or plain value) of the running call
    JSValue done_value;      // what a Lambda handler passed to done(), JS_UNINITIALIZED before
    JSValue wait_until;      // array of promises given to ctx.waitUntil; undefined before the first
    JSValue ctx;             // the third argument of a fetch handler, what fetch events inherit from, or the context
                             // of a Lambda handler
    JSValue pump;            // what sends the response's body, where that is a stream
    JSValue iterator_proto;  // %Iterator.prototype%
    JSAtom symbol_iterator;  // Symbol.iterator
    uint8_t shape;           // a web_shape_t
    bool done_failed : 1;    // done() got an error
    bool pass_through : 1;   // ctx.passThroughOnException was called
    bool wants_done : 1;     // the Lambda handler declares a third parameter
    bool promised : 1;       // the outcome is what a promise was settled with
    bool names_url : 1;      // the bundle's code names url, and
    bool names_redirect : 1; // redirect, and
    bool packs : 1;          // who has sent the request takes packed bodies
    bool is_head : 1;        // its method is HEAD

    const web_packer_t *packer; // NULL where nothing can pack
} web_t;

static inline web_t *web_of(JSContext *ctx) {
    return extension_state(ctx, &web_extension);
}

// Has the call go on until the promise, which it takes over, is settled.
void web_wait_until(JSContext *ctx, JSValue promise);

// Indexes of web_extension.classes.
typedef enum {
    WEB_HEADERS,
    WEB_REQUEST,
    WEB_RESPONSE,
    WEB_ITERATOR,
    WEB_URL,
    WEB_PARAMS,
    WEB_TEXT_ENCODER,
    WEB_TEXT_DECODER,
    WEB_FORM_DATA,
    WEB_BLOB,
    WEB_FILE,
    WEB_CLASS_COUNT,
} web_class_id_t;

extern const extension_class_t web_class_headers;
extern const extension_class_t web_class_request;
extern const extension_class_t web_class_response;
extern const extension_class_t web_class_iterator;
extern const extension_class_t web_class_url;
extern const extension_class_t web_class_params;
extern const extension_class_t web_class_form_data;
extern const extension_class_t web_class_blob;
extern const extension_class_t web_class_file;
extern const extension_class_t web_class_text_encoder;
extern const extension_class_t web_class_text_decoder;

// For names that other classes have, too: whether the bundle's code names it, and not only such a class.
bool web_knows_name(JSContext *ctx, const char *name);

// See extension.h.
static inline JSValue web_class_new(JSContext *ctx, web_class_id_t id, JSValueConst new_target) {
    return extension_class_new(ctx, &web_extension, id, new_target);
}
static inline void *web_class_get(web_class_id_t id, JSValueConst value) {
    return extension_class_get(&web_extension, id, value);
}
static inline void *web_class_expect(JSContext *ctx, web_class_id_t id, JSValueConst value) {
    return extension_class_expect(ctx, &web_extension, id, value);
}

// ---- strings ----

// Negative, 0 or positive, as comparison functions return it.
static inline int web_compare_sizes(size_t a, size_t b) {
    return (a > b) - (a < b);
}

// ---- encodings (web_decode.c) ----

typedef enum {
    WEB_UTF8,
    WEB_UTF16LE,
    WEB_UTF16BE,
    WEB_WINDOWS_1252,
} web_encoding_t;

// False where no encoding that we know has that label.
bool web_find_encoding(base_slice_t label, web_encoding_t *encoding);
// Its name as TextDecoder tells it.
const char *web_encoding_name(web_encoding_t encoding);

typedef struct _web_decoding_t {
    bool bom;   // a byte order mark at the start is left out
    bool more;  // data is to follow: what is cut at the end is left for then
    bool fatal; // ill-formed data gives undefined
} web_decoding_t;

// The text; `*used` is the length of what it is from.
JSValue web_decode_utf16(JSContext *ctx, base_slice_t data, const web_decoding_t *how, bool big_endian, size_t *used);
JSValue web_decode_windows_1252(JSContext *ctx, base_slice_t data);

// ---- TextDecoder (web_encoding.c) ----

// new TextDecoder(label, options)
JSValue web_decoder_new(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv);
// The text of bytes, or of none where they are undefined. more: others follow, which may complete a character.
JSValue web_decoder_decode(JSContext *ctx, JSValueConst decoder, JSValueConst bytes, bool more);
// Its attributes.
JSValue web_decoder_encoding(JSContext *ctx, JSValueConst decoder);
JSValue web_decoder_fatal(JSContext *ctx, JSValueConst decoder);
JSValue web_decoder_ignore_bom(JSContext *ctx, JSValueConst decoder);

// ---- iteration (web_iterate.c) ----

// Called for each pair. 0 goes on, -1 stops with a pending exception.
typedef int web_pair_t(JSContext *ctx, void *opaque, JSValueConst name, JSValueConst value);
// Reads sequence<sequence<T>> or record<T, T> (Web IDL), T being for `pair` to convert.
int web_pairs(JSContext *ctx, JSValueConst init, web_pair_t *pair, void *opaque);

// Headers, URLSearchParams and FormData are lists of pairs, and iterate the same way. Fills in the pair at `index`.
// False at the end.
bool web_headers_at(JSContext *ctx, void *list, uint32_t index, JSValue pair[2]);
bool web_list_at(JSContext *ctx, void *list, uint32_t index, JSValue pair[2]);

typedef struct _web_pair_slices_t {
    base_slice_t name;
    base_slice_t value;
    bool is_file; // of a FormData: the value is the number of a file, a uint32_t
} web_pair_slices_t;
typedef int web_compare_t(const web_pair_slices_t *a, const web_pair_slices_t *b);
// Sorts pairs of one buffer; equal ones keep the order of their names in memory.
void web_sort_pairs(web_pair_slices_t *pairs, size_t count, web_compare_t *compare);

typedef enum {
    WEB_KEYS,
    WEB_VALUES,
    WEB_ENTRIES,
} web_kind_t;
// The magic number of keys(), values(), entries() of a class, whose web_list_iterator is their function.
#define WEB_ITERATOR_MAGIC(id, kind) ((id) << 2 | (kind))
JSValue web_list_iterator(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic);
// The magic number is the class.
JSValue web_list_for_each(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic);

// ---- Headers (web_headers.c) ----

// Whether it is a token (RFC 9110, section 5.6.2), as names of headers and methods are.
bool web_is_token(base_slice_t slice);

// A header list. The store is what goes on the wire: "name: value\r\n" lines, names in lower case, values trimmed.
typedef struct _web_headers_t {
    int refs;
    bool immutable;
    web_buf_t lines;
} web_headers_t;

web_headers_t *web_headers_new(JSContext *ctx);
void web_headers_free(JSRuntime *rt, web_headers_t *headers);
// A copy that may be changed.
web_headers_t *web_headers_copy(JSContext *ctx, const web_headers_t *headers);
// Without white space at both ends (RFC 9110, section 5.5: OWS).
base_slice_t web_trimmed(base_slice_t slice);
// Header lines in any case and with any amount of white space around values; lines that no HTTP parser lets through
// (no colon, an invalid name) are left out.
web_headers_t *web_headers_parse(JSContext *ctx, base_slice_t lines);
// Fills from a HeadersInit value. 0 or -1.
int web_headers_fill(JSContext *ctx, web_headers_t *headers, JSValueConst init);
int web_headers_append(JSContext *ctx, web_headers_t *headers, JSValueConst name, JSValueConst value);
bool web_headers_has(const web_headers_t *headers, const char *lower_name);
// First value of that name, in place. data is NULL where there is none.
base_slice_t web_headers_find(const web_headers_t *headers, const char *lower_name);
// Removes all lines of that name.
void web_headers_remove(web_headers_t *headers, const char *lower_name);
// Adds a line whose parts are known to be valid.
void web_headers_put(JSContext *ctx, web_headers_t *headers, const char *lower_name, const char *value);
// The lines as they go on the wire, in place. Removes the fields that are the server's to set.
base_slice_t web_headers_wire(web_headers_t *headers);
// The Headers object of a list, which it shares.
JSValue web_headers_object(JSContext *ctx, web_headers_t *headers);
// The line at *pos: name, value; moves *pos to the next. False at the end.
bool web_headers_line(const web_headers_t *headers, size_t *pos, base_slice_t *name, base_slice_t *value);

// ---- bodies (web_body.c) ----

// Bytes that several objects may share; data is followed by a NUL.
typedef struct _web_bytes_t {
    int refs;
    size_t len;
    char data[];
} web_bytes_t;

web_bytes_t *web_bytes_new(JSContext *ctx, const char *data, size_t len);
void web_bytes_free(JSRuntime *rt, web_bytes_t *bytes);

// What a body was given as.
typedef struct _web_content_t {
    JSValue text;       // a string, or undefined
    web_bytes_t *bytes; // what holds the bytes, where text is undefined; NULL for no body
    const char *data;   // inside bytes, up to its end
    size_t len;
    bool encoded; // as the Content-Encoding says with which another server has sent it
} web_content_t;

// A body is its content until somebody asks for the stream, which has the content then.
typedef struct _web_body_t {
    web_content_t content;
    JSValue stream; // a ReadableStream, or undefined
    bool used;      // the content was read; streams know themselves
} web_body_t;

#define WEB_TYPE_TEXT "text/plain;charset=UTF-8"
#define WEB_TYPE_FORM "application/x-www-form-urlencoded;charset=UTF-8"
#define WEB_TYPE_JSON "application/json"

// Takes a BodyInit value; `*type` is the content type that it brings, or NULL. That is a constant, or what
// JS_FreeCString takes: `*own_type`, which is NULL for a constant.
int web_body_init(JSContext *ctx, web_body_t *body, JSValueConst init, const char **type, const char **own_type);
// A ReadableStream of the content, a counted one, which it takes over.
JSValue web_content_stream(JSContext *ctx, web_content_t content);
void web_body_free(JSRuntime *rt, web_body_t *body);

bool web_body_present(const web_body_t *body);
// The attribute bodyUsed.
bool web_body_used(const web_body_t *body);
// The attribute body: a ReadableStream, or null.
JSValue web_body_stream(JSContext *ctx, web_body_t *body);
// The second body has the content of the first. TypeError when that is used already. 0 or -1.
int web_body_clone(JSContext *ctx, web_body_t *body, web_body_t *copy);
// The same, and the first is used.
int web_body_move(JSContext *ctx, web_body_t *body, web_body_t *to);
// Whether it can be read: it is neither used nor locked.
bool web_body_is_usable(const web_body_t *body);
// Whether it is a stream whose bytes are still to come.
bool web_body_is_pending(const web_body_t *body);
// Whether it is not pending and has no bytes.
bool web_body_is_empty(JSContext *ctx, const web_body_t *body);
// Whether it is still what another server has sent with a Content-Encoding, of which nobody has read anything.
bool web_body_is_encoded(const web_body_t *body);
// Makes the bytes of an array the body of what was pending.
void web_body_complete(JSContext *ctx, web_body_t *body, JSValueConst array);
// The bytes of a body that is usable and not pending, valid as long as the body; `*cstring` is what JS_FreeCString
// takes, or NULL.
base_slice_t web_body_bytes(JSContext *ctx, const web_body_t *body, const char **cstring);

// Methods text, json, arrayBuffer, bytes, formData, blob, by the magic number.
typedef enum {
    WEB_READ_TEXT,
    WEB_READ_JSON,
    WEB_READ_ARRAY_BUFFER,
    WEB_READ_BYTES,
    WEB_READ_FORM_DATA,
    WEB_READ_BLOB,
} web_read_t;
// A promise of the body's content. `headers` tell the type of a form or Blob; NULL for the other methods.
JSValue web_body_read(JSContext *ctx, web_body_t *body, web_read_t how, const web_headers_t *headers);

// ---- what Request and Response have in common (web_message.c) ----

// Headers and body: the first member of what lies behind either object.
typedef struct _web_message_t {
    web_headers_t *headers; // NULL until a script sets or asks for them: till then they are
    base_slice_t lines;     // those lines, which a server read; or, where that is NULL,
    const char *type;       // this content type, which the body brought; NULL for none
    JSValue headers_object; // undefined until asked for
    web_body_t body;
} web_message_t;

void web_message_init(web_message_t *message);
void web_message_free(JSRuntime *rt, web_message_t *message);
void web_message_mark(JSRuntime *rt, const web_message_t *message, JS_MarkFunc *mark);
// The list of headers, made where there is none yet.
web_headers_t *web_message_headers(JSContext *ctx, web_message_t *message);
// Takes the member "headers" of the constructor's second argument. 0 or -1.
int web_message_fill_headers(JSContext *ctx, web_message_t *message, JSValueConst init);
// Takes a BodyInit value. `type` is what goes for the body's own type, or NULL. 0 or -1.
int web_message_fill_body(JSContext *ctx, web_message_t *message, JSValueConst body, const char *type);
// Makes a new message what another one is; who holds the memory of `lines` for one does so for both. TypeError when the
// body is used already. 0 or -1.
int web_message_clone(JSContext *ctx, web_message_t *message, web_message_t *copy);

// Entries of the prototype of a class, a web_class_id_t: headers, body, bodyUsed, and the methods that read the body.
#define WEB_MESSAGE_MAGIC(id, what) ((id) << 4 | (what))
#define WEB_MESSAGE_PROTO(id)                                                                                          \
    JS_CGETSET_MAGIC_DEF("headers", web_message_get_headers, NULL, id),                                                \
        JS_CGETSET_MAGIC_DEF("body", web_message_get_body, NULL, id),                                                  \
        JS_CGETSET_MAGIC_DEF("bodyUsed", web_message_get_body_used, NULL, id),                                         \
        JS_CFUNC_MAGIC_DEF("text", 0, web_message_read, WEB_MESSAGE_MAGIC(id, WEB_READ_TEXT)),                         \
        JS_CFUNC_MAGIC_DEF("json", 0, web_message_read, WEB_MESSAGE_MAGIC(id, WEB_READ_JSON)),                         \
        JS_CFUNC_MAGIC_DEF("arrayBuffer", 0, web_message_read, WEB_MESSAGE_MAGIC(id, WEB_READ_ARRAY_BUFFER)),          \
        JS_CFUNC_MAGIC_DEF("bytes", 0, web_message_read, WEB_MESSAGE_MAGIC(id, WEB_READ_BYTES)),                       \
        JS_CFUNC_MAGIC_DEF("formData", 0, web_message_read, WEB_MESSAGE_MAGIC(id, WEB_READ_FORM_DATA))
// Those of its last entries that are rare.
#define WEB_MESSAGE_RARE_PROTO(id) JS_CFUNC_MAGIC_DEF("blob", 0, web_message_read, WEB_MESSAGE_MAGIC(id, WEB_READ_BLOB))
JSValue web_message_get_headers(JSContext *ctx, JSValueConst this_val, int magic);
JSValue web_message_get_body(JSContext *ctx, JSValueConst this_val, int magic);
JSValue web_message_get_body_used(JSContext *ctx, JSValueConst this_val, int magic);
JSValue web_message_read(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic);

// ---- Blob and File (web_blob.c) ----

typedef struct _web_blob_t {
    web_bytes_t *bytes; // what holds its bytes
    const char *data;
    size_t len;
    JSValue type;         // string
    JSValue name;         // of a File: string
    double last_modified; // likewise: ms since 1970
} web_blob_t;

// What lies behind a Blob or File; NULL for anything else.
web_blob_t *web_blob_of(JSValueConst value);
// A new Blob, or with `name` a File, of bytes that lie in `holder`. Takes over type and name.
JSValue web_blob_new(JSContext *ctx, web_bytes_t *holder, base_slice_t data, JSValue type, const JSValue *name);
// The type of the Blob that a body with this Content-Type is read as (MIME Sniffing standard, sections 4.4 and 4.5).
JSValue web_blob_type_of_header(JSContext *ctx, base_slice_t type);
// A string as the type of a Blob: in lower case; empty where it has other characters than a header's value may have.
JSValue web_blob_type(JSContext *ctx, base_slice_t type);
// The File that stands in a FormData for a Blob or File. `name` is undefined where none was given.
JSValue web_blob_entry(JSContext *ctx, JSValueConst blob, JSValueConst name);

// ---- multipart/form-data (web_multipart.c) ----

// At most so many parts, and bytes of headers of one.
#define WEB_PARTS_MAX (1000)
#define WEB_PART_HEADERS_MAX (8192)

// A FormData object from a body, whose bytes lie in `holder` and stay there; TypeError where it is not well-formed.
// `type` is the value of Content-Type.
JSValue web_multipart_parse(JSContext *ctx, web_bytes_t *holder, base_slice_t body, base_slice_t type);
struct _web_list_t;
// The list as multipart text. The content type with the boundary.
JSValue web_multipart_serialize(JSContext *ctx, struct _web_list_t *list, web_buf_t *out);

// ---- forms (web_form.c, web_params.c) ----

// The next pair of an urlencoded text, still encoded; moves `rest` on. False at the end.
bool web_form_next(base_slice_t *rest, base_slice_t *name, base_slice_t *value);
JSValue web_form_string(JSContext *ctx, base_slice_t encoded);

// The list behind URLSearchParams and FormData.
typedef struct _web_list_t {
    web_buf_t records;      // of each pair the lengths of name and value, then both, in UTF-8
    struct _web_url_t *url; // whose query the list is, or NULL
    JSValue files;          // of a FormData: array of those that its records name by their numbers, or undefined
} web_list_t;
// The record at *pos; moves *pos to the next. False at the end.
bool web_list_next(const web_list_t *list, size_t *pos, web_pair_slices_t *pair);
// The value of a record: a string, or a File.
JSValue web_list_value(JSContext *ctx, const web_list_t *list, const web_pair_slices_t *pair);
// Appends the pairs of an urlencoded text.
void web_list_parse(JSContext *ctx, web_list_t *list, base_slice_t text);
// Appends the list as urlencoded text.
void web_list_serialize(JSContext *ctx, const web_list_t *list, web_buf_t *out);
// A URLSearchParams object, filled from the query of `url`, which it then keeps up to date.
JSValue web_params_object(JSContext *ctx, struct _web_url_t *url);
// Fills it from that query again.
void web_params_refresh(JSContext *ctx, JSValueConst object);
// A FormData object from an urlencoded text.
JSValue web_form_data_object(JSContext *ctx, base_slice_t text);
// Appends a string, or a File, which it takes over.
void web_form_data_append(JSContext *ctx, JSValueConst form, base_slice_t name, base_slice_t value);
void web_form_data_append_file(JSContext *ctx, JSValueConst form, base_slice_t name, JSValue file);

// ---- other globals ----

JSValue web_fetch(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue web_structured_clone(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

// ---- Request and Response ----

typedef enum {
    WEB_REDIRECT_FOLLOW,
    WEB_REDIRECT_ERROR,
    WEB_REDIRECT_MANUAL,
} web_redirect_t;

typedef struct _web_request_t {
    web_message_t message; // first: what web_message.c takes for it
    // What the server gave: one copy, into which the slices point. NULL for a request that a script made.
    web_bytes_t *wire;
    isolate_request_t parts;
    JSValue method;     // string; undefined until asked for, where wire has it
    JSValue url;        // likewise
    JSValue signal;     // an AbortSignal; undefined until asked for, where the constructor got none
    JSValue answer;     // fetch()'s promise, where a signal or the body's stream may reject it; else undefined
    JSValue service;    // the name of the binding whose function is asked, see web_fetch_service; else undefined
    JSValue stack;      // where fetch() was called; else undefined
    JSValue pump;       // what sends the body for fetch(), where that is a stream; else undefined
    JSValue sent;       // a promise that fulfills once it is open no more, where the response has come before; else
                        // undefined
    uint32_t operation; // of fetch() that is open
    uint32_t upload;    // of those of fetch() the one whose body `pump` sends
    uint8_t redirect;   // a web_redirect_t
    uint8_t redirects;  // that fetch() has followed with it
} web_request_t;

JSValue web_request_object(JSContext *ctx, const isolate_request_t *request);
// new Request(input, init)
JSValue web_request_from(JSContext *ctx, JSValueConst input, JSValueConst init);
// Both are strings.
JSValueConst web_request_url(JSContext *ctx, web_request_t *request);
JSValueConst web_request_method(JSContext *ctx, web_request_t *request);

// The response to a request that fetch() has sent. It takes over the headers. body: a Uint8Array, a ReadableStream, or
// null for none; encoded: whether it is what Content-Encoding says.
JSValue web_response_received(JSContext *ctx, int status, JSValueConst reason, web_headers_t *headers,
    JSValueConst body, bool encoded, const web_request_t *request);
// The number under which Python still receives the body that a stream is, of which nobody has read anything; else 0.
uint32_t web_fetch_untouched(JSValueConst stream);
// Whether such a body is what Content-Encoding says.
bool web_fetch_is_encoded(JSValueConst stream);
// Whether such a body is read without the gzip that Content-Encoding says, and can be handed on in it.
bool web_fetch_unpacks_gzip(JSValueConst stream);
// The stream that the body of a Response is; undefined where it is none.
JSValueConst web_response_stream(JSValueConst response);
// A promise of the response, where its body is a stream that nothing more will come to: it is complete then. Else
// undefined.
JSValue web_response_complete(JSContext *ctx, JSValueConst value);
// Fills `out` when value is a Response, and begins to send its body where that is pending. 1 when it was a Response, 0
// when not, -1 with a pending exception.
int web_response_take(JSContext *ctx, JSValueConst value, isolate_response_t *out);
// Whether responses of that status have no body (Fetch standard, section 2.2.3).
bool web_is_null_body_status(int status);

// ---- service workers, and the module cloudflare:workers (web_worker.c) ----

// Whether somebody listens for fetch events.
bool web_worker_listens(JSContext *ctx);
// What fetch events inherit from, with room for what `ctx` has.
JSValue web_worker_proto(JSContext *ctx);
// What the listeners respond to the request with.
JSValue web_worker_call(JSContext *ctx, JSValueConst request);
// As the members of extension_t.
void web_worker_loaded(JSContext *ctx);
JSModuleDef *web_worker_module(JSContext *ctx, const char *name);

// ---- Lambda (web_lambda.c, web_lambda_event.c) ----

// Calls the handler; the value it returned.
JSValue web_lambda_call(JSContext *ctx, const isolate_request_t *request);
extension_outcome_t web_lambda_result(JSContext *ctx, JSValueConst result, isolate_response_t *out);
// Whether what the handler leaves behind goes on after its response: unless context.callbackWaitsForEmptyEventLoop is
// false.
bool web_lambda_background(JSContext *ctx);
#define WEB_LAMBDA_WAITS "callbackWaitsForEmptyEventLoop"

// The handler's first two arguments.
void web_lambda_arguments(JSContext *ctx, const isolate_request_t *request, JSValue *event, JSValue *context);
// Whether the project asks for event version 2.0.
bool web_lambda_is_version_2(JSContext *ctx);
// The third argument, done(response), and context.done(error, response), succeed(response) and fail(error).
JSValue web_lambda_done(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue web_lambda_succeed(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue web_lambda_fail(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

// ctx.clockIsSet() and context.clockIsSet(): whether Date.now() tells the time of day.
JSValue web_clock_is_set(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

#endif // EDGELET_WEB_PRIVATE_H
