// The basic URL parser and serializer (URL standard, section 4.4 and 4.5). Functions are named after the standard's
// states; where a state eats characters up to a delimiter, its function takes that span at once.
//
// In C, with the class and its lists, it takes 12 KB of an RP2040's flash and nothing of an arena before a handler uses
// it. In JavaScript it would lie in the arena of each function that reads its URL, where code takes 5.5 times its
// minified size: with only 8 KB of that, 44 of a Pico's 96 KB.

#include <string.h>
#include "web/web_url.h"

// ---- percent encoding ----

static bool must_encode(unsigned char c, web_encode_set_t set) {
    if (c <= 0x1f || c > 0x7e) {
        return true;
    }

    switch (set) {
        case WEB_ENCODE_C0:
            return false;
        case WEB_ENCODE_FRAGMENT:
            return strchr(" \"<>`", c) != NULL;
        case WEB_ENCODE_QUERY:
            return strchr(" \"#<>", c) != NULL;
        case WEB_ENCODE_SPECIAL_QUERY:
            return strchr(" \"#<>'", c) != NULL;
        case WEB_ENCODE_PATH:
            return strchr(" \"#<>?^`{}", c) != NULL;
        case WEB_ENCODE_USERINFO:
            return strchr(" \"#<>?`{}/:;=@[\\]^|", c) != NULL;
        default:
            return !base_is(c, BASE_ALNUM) && strchr("*-._", c) == NULL;
    }
}

void web_percent_encode(JSContext *ctx, web_buf_t *out, base_slice_t input, web_encode_set_t set) {
    web_buf_reserve(ctx, out, input.len);
    for (size_t i = 0; i < input.len; i++) {
        unsigned char c = (unsigned char)input.data[i];
        if (must_encode(c, set)) {
            const char escape[3] = {'%', base_to_upper_hex(c >> 4), base_to_upper_hex(c)};
            web_buf_put(ctx, out, escape, sizeof(escape));
        } else {
            web_buf_put(ctx, out, &input.data[i], 1);
        }
    }
}

// ---- records ----

static web_buf_t *parts(web_url_t *url, int i) {
    web_buf_t *const all[] = {
        &url->scheme, &url->username, &url->password, &url->host, &url->path, &url->query, &url->fragment};
    return i < BASE_COUNT(all) ? all[i] : NULL;
}

web_url_t *web_url_new(JSContext *ctx) {
    web_url_t *url = js_mallocz(ctx, sizeof(*url));
    url->refs = 1;
    url->port = -1;
    return url;
}

void web_url_free(JSRuntime *rt, web_url_t *url) {
    if (url != NULL && --url->refs == 0) {
        for (int i = 0; parts(url, i) != NULL; i++) {
            js_free_rt(rt, parts(url, i)->data);
        }
        js_free_rt(rt, url);
    }
}

void web_url_swap(web_url_t *a, web_url_t *b) {
    web_url_t old = *a;
    *a = *b;
    *b = old;
    b->refs = a->refs;
    a->refs = old.refs;
}

typedef struct _scheme_t {
    const char *name;
    int32_t port;
} scheme_t;

static const scheme_t special_schemes[] = {
    {"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}, {"ftp", 21}, {"file", -1}};

static bool buf_is(const web_buf_t *buf, const char *text) {
    return base_equal_text(buf->data, buf->len, text);
}

static const scheme_t *find_special(const web_buf_t *scheme) {
    for (int i = 0; i < BASE_COUNT(special_schemes); i++) {
        if (buf_is(scheme, special_schemes[i].name)) {
            return &special_schemes[i];
        }
    }
    return NULL;
}

bool web_url_is_special(const web_url_t *url) {
    return find_special(&url->scheme) != NULL;
}

bool web_url_scheme_is(const web_url_t *url, const char *scheme) {
    return buf_is(&url->scheme, scheme);
}

static bool is_file(const web_url_t *url) {
    return web_url_scheme_is(url, "file");
}

// ---- the parser ----

typedef struct _parser_t {
    JSContext *ctx;
    web_url_t *url;
    const web_url_t *base; // or NULL
    base_slice_t rest;     // what is not read yet
    bool special;
    bool override; // a setter runs the parser on one part
} parser_t;

static void add(parser_t *p, web_buf_t *buf, const char *data, size_t len) {
    web_buf_put(p->ctx, buf, data, len);
}

static void add_encoded(parser_t *p, web_buf_t *buf, base_slice_t text, web_encode_set_t set) {
    web_percent_encode(p->ctx, buf, text, set);
}

static void copy_buf(parser_t *p, web_buf_t *to, const web_buf_t *from) {
    to->len = 0;
    add(p, to, from->data, from->len);
}

// The next character, or -1 at the end.
static int peek(const parser_t *p) {
    return p->rest.len > 0 ? (unsigned char)p->rest.data[0] : -1;
}

static void advance(parser_t *p, size_t count) {
    p->rest.data += count;
    p->rest.len -= count;
}

static bool at_slash(const parser_t *p) {
    return peek(p) == '/' || (p->special && peek(p) == '\\');
}

// Takes what lies before the next character of `stops`, where a backslash counts for special URLs only.
static base_slice_t take_until(parser_t *p, const char *stops) {
    size_t len = 0;
    for (; len < p->rest.len; len++) {
        char c = p->rest.data[len];
        if (c != '\0' && strchr(stops, c) != NULL && (c != '\\' || p->special)) {
            break;
        }
    }
    base_slice_t taken = {p->rest.data, len};
    advance(p, len);
    return taken;
}

static bool is_alpha(char c) {
    return base_is((uint8_t)c, BASE_ALPHA);
}

static bool is_drive_letter(base_slice_t text) {
    return text.len == 2 && is_alpha(text.data[0]) && (text.data[1] == ':' || text.data[1] == '|');
}

static bool starts_with_drive_letter(base_slice_t text) {
    return text.len >= 2 && is_drive_letter((base_slice_t){text.data, 2}) &&
           (text.len == 2 || strchr("/\\?#", text.data[2]) != NULL);
}

static void shorten_path(web_url_t *url) {
    web_buf_t *path = &url->path;
    if (is_file(url) && path->len == 3 && is_alpha(path->data[1]) && path->data[2] == ':') {
        return;
    }
    while (path->len > 0 && path->data[--path->len] != '/') {
    }
}

static void fragment_state(parser_t *p) {
    p->url->has_fragment = true;
    p->url->fragment.len = 0;
    add_encoded(p, &p->url->fragment, p->rest, WEB_ENCODE_FRAGMENT);
}

static void query_state(parser_t *p) {
    p->url->has_query = true;
    p->url->query.len = 0;
    base_slice_t query = take_until(p, p->override ? "" : "#");
    add_encoded(p, &p->url->query, query, p->special ? WEB_ENCODE_SPECIAL_QUERY : WEB_ENCODE_QUERY);
}

// "?query#fragment", either of which may be missing.
static void after_path(parser_t *p) {
    if (peek(p) == '?') {
        advance(p, 1);
        query_state(p);
    }
    if (peek(p) == '#') {
        advance(p, 1);
        fragment_state(p);
    }
}

// How many dots the segment is, %2e being one: 1, 2, or 0 when it is something else.
static int dots(base_slice_t segment) {
    int count = 0;
    while (segment.len > 0) {
        size_t len = segment.data[0] == '.' ? 1 : 3;
        if (len == 3 && !(segment.len >= 3 && base_equal_nocase(segment.data, 3, "%2e"))) {
            return 0;
        }
        segment.data += len;
        segment.len -= len;
        count++;
    }
    return count <= 2 ? count : 0;
}

static void add_segment(parser_t *p, base_slice_t segment) {
    web_buf_t *path = &p->url->path;
    bool drive = is_file(p->url) && path->len == 0 && is_drive_letter(segment);
    add(p, path, "/", 1);
    add_encoded(p, path, segment, WEB_ENCODE_PATH);
    if (drive) {
        path->data[path->len - 1] = ':';
    }
}

static void path_state(parser_t *p) {
    for (bool more = true; more;) {
        base_slice_t segment = take_until(p, p->override ? "/\\" : "/\\?#");
        more = at_slash(p);

        int dot_count = dots(segment);
        if (dot_count == 2) {
            shorten_path(p->url);
        }
        if (dot_count == 0) {
            add_segment(p, segment);
        } else if (!more) {
            add(p, &p->url->path, "/", 1);
        }
        if (more) {
            advance(p, 1);
        }
    }

    if (!p->override) {
        after_path(p);
    }
}

static void path_start_state(parser_t *p) {
    if (at_slash(p)) {
        advance(p, 1);
        path_state(p);
    } else if (p->special || (peek(p) >= 0 && (p->override || (peek(p) != '?' && peek(p) != '#')))) {
        path_state(p);
    } else if (p->override) {
        if (!p->url->has_host) {
            add(p, &p->url->path, "/", 1);
        }
    } else {
        after_path(p);
    }
}

static void opaque_path_state(parser_t *p) {
    p->url->opaque_path = true;
    base_slice_t path = take_until(p, "?#");
    bool space = path.len > 0 && path.data[path.len - 1] == ' ' && peek(p) >= 0;
    add_encoded(p, &p->url->path, (base_slice_t){path.data, path.len - space}, WEB_ENCODE_C0);
    if (space) { // so that removing query and fragment leaves no trailing space to be trimmed
        add(p, &p->url->path, "%20", 3);
    }
    after_path(p);
}

static bool set_host(parser_t *p, base_slice_t text) {
    web_buf_t host = {0};
    if (!web_url_parse_host(p->ctx, &host, text, p->special)) {
        js_free(p->ctx, host.data);
        return false;
    }
    js_free(p->ctx, p->url->host.data);
    p->url->host = host;
    p->url->has_host = true;
    return true;
}

static bool port_state(parser_t *p) {
    int32_t port = -1;
    while (peek(p) >= 0 && base_is((uint8_t)peek(p), BASE_DIGIT)) {
        port = (port < 0 ? 0 : port * 10) + (peek(p) - '0');
        if (port > 65535) {
            return false;
        }
        advance(p, 1);
    }

    if (!p->override && peek(p) >= 0 && peek(p) != '?' && peek(p) != '#' && !at_slash(p)) {
        return false;
    }

    if (port >= 0) {
        const scheme_t *special = find_special(&p->url->scheme);
        p->url->port = special != NULL && special->port == port ? -1 : port;
    } else if (p->override && peek(p) >= 0) {
        return false;
    }
    return true;
}

// Takes a host name: up to a delimiter, or to a colon outside brackets.
static base_slice_t take_host(parser_t *p) {
    base_slice_t host = {p->rest.data, 0};
    bool brackets = false;
    for (; host.len < p->rest.len; host.len++) {
        char c = p->rest.data[host.len];
        if (c == '/' || c == '?' || c == '#' || (c == '\\' && p->special) || (c == ':' && !brackets)) {
            break;
        }
        brackets = c == '[' || (brackets && c != ']');
    }
    advance(p, host.len);
    return host;
}

static bool host_state(parser_t *p, bool name_only) {
    base_slice_t host = take_host(p);
    if (host.len == 0) {
        bool kept = p->override && (p->url->username.len > 0 || p->url->password.len > 0 || p->url->port >= 0);
        if (peek(p) == ':' || p->special || kept) {
            return false;
        }
    }

    if (peek(p) == ':' && name_only) {
        return false;
    }

    if (!set_host(p, host)) {
        return false;
    }
    if (peek(p) == ':') {
        advance(p, 1);
        return port_state(p) || p->override; // the host stays set
    }
    return true;
}

static void credentials(parser_t *p, base_slice_t text) {
    const char *colon = memchr(text.data, ':', text.len);
    base_slice_t name = {text.data, colon == NULL ? text.len : (size_t)(colon - text.data)};
    add_encoded(p, &p->url->username, name, WEB_ENCODE_USERINFO);
    if (colon != NULL) {
        base_slice_t password = {colon + 1, text.len - name.len - 1};
        add_encoded(p, &p->url->password, password, WEB_ENCODE_USERINFO);
    }
}

static bool authority_state(parser_t *p) {
    base_slice_t whole = p->rest;
    base_slice_t authority = take_until(p, "/\\?#");
    size_t at = authority.len;
    while (at > 0 && authority.data[at - 1] != '@') {
        at--;
    }

    if (at > 0) {
        if (at == authority.len) {
            return false;
        }
        credentials(p, (base_slice_t){authority.data, at - 1});
    }

    p->rest = (base_slice_t){whole.data + at, whole.len - at};
    if (!host_state(p, false)) {
        return false;
    }
    path_start_state(p);
    return true;
}

static bool special_authority_state(parser_t *p) {
    while (at_slash(p)) {
        advance(p, 1);
    }
    return authority_state(p);
}

static void copy_authority(parser_t *p) {
    const web_url_t *base = p->base;
    copy_buf(p, &p->url->username, &base->username);
    copy_buf(p, &p->url->password, &base->password);
    copy_buf(p, &p->url->host, &base->host);
    p->url->has_host = base->has_host;
    p->url->port = base->port;
}

static void copy_path_and_query(parser_t *p) {
    copy_buf(p, &p->url->path, &p->base->path);
    copy_buf(p, &p->url->query, &p->base->query);
    p->url->has_query = p->base->has_query;
    p->url->opaque_path = p->base->opaque_path;
}

// What follows the base's path: nothing, a query, a fragment, or a relative path.
static void relative_path(parser_t *p) {
    copy_path_and_query(p);
    if (peek(p) == '?' || peek(p) == '#' || peek(p) < 0) {
        after_path(p);
        return;
    }
    p->url->has_query = false;
    p->url->query.len = 0;
    if (is_file(p->url) && starts_with_drive_letter(p->rest)) {
        p->url->path.len = 0;
    } else {
        shorten_path(p->url);
    }
    path_state(p);
}

static bool relative_state(parser_t *p) {
    copy_buf(p, &p->url->scheme, &p->base->scheme);
    p->special = web_url_is_special(p->url);
    if (!at_slash(p)) {
        copy_authority(p);
        relative_path(p);
        return true;
    }

    advance(p, 1);
    if (p->special && at_slash(p)) {
        advance(p, 1);
        return special_authority_state(p);
    }
    if (peek(p) == '/') {
        advance(p, 1);
        return authority_state(p);
    }
    copy_authority(p);
    path_state(p);
    return true;
}

static bool file_host_state(parser_t *p) {
    base_slice_t before = p->rest;
    base_slice_t host = take_until(p, "/\\?#");
    if (!p->override && is_drive_letter(host)) {
        p->rest = before;
        path_state(p);
        return true;
    }

    if (host.len > 0 && !set_host(p, host)) {
        return false;
    }

    if (host.len == 0 || buf_is(&p->url->host, "localhost")) {
        p->url->host.len = 0;
    }
    p->url->has_host = true;
    if (!p->override) {
        path_start_state(p);
    }
    return true;
}

static bool file_slash_state(parser_t *p) {
    if (at_slash(p)) {
        advance(p, 1);
        return file_host_state(p);
    }

    if (p->base != NULL && is_file(p->base)) {
        copy_buf(p, &p->url->host, &p->base->host);
        const web_buf_t *path = &p->base->path;
        bool drive = path->len >= 3 && is_alpha(path->data[1]) && path->data[2] == ':' &&
                     (path->len == 3 || path->data[3] == '/');
        if (drive && !starts_with_drive_letter(p->rest)) {
            add(p, &p->url->path, path->data, 3);
        }
    }

    path_state(p);
    return true;
}

static bool file_state(parser_t *p) {
    p->url->scheme.len = 0;
    add(p, &p->url->scheme, "file", 4);
    p->special = true;
    p->url->has_host = true;

    if (at_slash(p)) {
        advance(p, 1);
        return file_slash_state(p);
    }

    if (p->base != NULL && is_file(p->base)) {
        copy_buf(p, &p->url->host, &p->base->host);
        relative_path(p);
    } else {
        path_state(p);
    }
    return true;
}

static bool no_scheme_state(parser_t *p) {
    if (p->base == NULL || (p->base->opaque_path && peek(p) != '#')) {
        return false;
    }
    if (p->base->opaque_path) {
        copy_buf(p, &p->url->scheme, &p->base->scheme);
        copy_path_and_query(p);
        after_path(p);
        return true;
    }
    return is_file(p->base) ? file_state(p) : relative_state(p);
}

// What follows "scheme:".
static bool after_scheme(parser_t *p) {
    p->special = web_url_is_special(p->url);
    if (is_file(p->url)) {
        return file_state(p);
    }

    bool two_slashes = p->rest.len >= 2 && p->rest.data[0] == '/' && p->rest.data[1] == '/';
    if (p->special) {
        bool same = p->base != NULL && p->base->scheme.len == p->url->scheme.len &&
                    memcmp(p->base->scheme.data, p->url->scheme.data, p->url->scheme.len) == 0;
        return same && !two_slashes ? relative_state(p) : special_authority_state(p);
    }

    if (two_slashes) {
        advance(p, 2);
        return authority_state(p);
    }
    if (peek(p) == '/') {
        advance(p, 1);
        path_state(p);
    } else {
        opaque_path_state(p);
    }
    return true;
}

// Length of the scheme at the start of the text, where a colon follows; else 0.
static size_t scheme_length(base_slice_t text) {
    if (text.len == 0 || !is_alpha(text.data[0])) {
        return 0;
    }
    for (size_t i = 1; i < text.len; i++) {
        char c = text.data[i];
        if (c == ':') {
            return i;
        }
        if (!base_is((uint8_t)c, BASE_ALNUM) && c != '+' && c != '-' && c != '.') {
            return 0;
        }
    }
    return 0;
}

static void put_scheme(parser_t *p, web_buf_t *scheme, base_slice_t text) {
    scheme->len = 0;
    add(p, scheme, text.data, text.len);
    for (size_t i = 0; i < scheme->len; i++) {
        scheme->data[i] = (char)base_lower((uint8_t)scheme->data[i]);
    }
}

static bool scheme_state(parser_t *p) {
    size_t len = scheme_length(p->rest);
    if (len == 0) {
        return no_scheme_state(p);
    }
    put_scheme(p, &p->url->scheme, (base_slice_t){p->rest.data, len});
    advance(p, len + 1);
    return after_scheme(p);
}

// The text without tabs and line ends, in a buffer where there were any.
static base_slice_t without_newlines(parser_t *p, base_slice_t input, web_buf_t *buf) {
    size_t clean = 0;
    while (clean < input.len && strchr("\t\n\r", input.data[clean] == '\0' ? ' ' : input.data[clean]) == NULL) {
        clean++;
    }
    if (clean == input.len) {
        return input;
    }
    for (size_t i = 0; i < input.len; i++) {
        char c = input.data[i];
        if (c != '\t' && c != '\n' && c != '\r') {
            add(p, buf, &c, 1);
        }
    }
    return (base_slice_t){buf->data, buf->len};
}

bool web_url_parse(JSContext *ctx, web_url_t *url, base_slice_t input, const web_url_t *base) {
    while (input.len > 0 && (unsigned char)input.data[input.len - 1] <= ' ') {
        input.len--;
    }
    while (input.len > 0 && (unsigned char)input.data[0] <= ' ') {
        input.data++;
        input.len--;
    }
    parser_t p = {.ctx = ctx, .url = url, .base = base};
    web_buf_t buf = {0};
    p.rest = without_newlines(&p, input, &buf);
    bool valid = scheme_state(&p);
    js_free(ctx, buf.data);
    return valid;
}

// ---- setters ----

static void set_protocol(parser_t *p) {
    web_url_t *url = p->url;
    web_buf_t scheme = {0}, text = {0};
    add(p, &text, p->rest.data, p->rest.len);
    add(p, &text, ":", 1);
    size_t len = scheme_length((base_slice_t){text.data, text.len});
    put_scheme(p, &scheme, (base_slice_t){text.data, len});
    js_free(p->ctx, text.data);

    const scheme_t *special = find_special(&scheme);
    bool to_file = buf_is(&scheme, "file");
    bool refused = len == 0 || (special != NULL) != p->special ||
                   (to_file && (url->username.len > 0 || url->password.len > 0 || url->port >= 0)) ||
                   (is_file(url) && url->host.len == 0);
    if (refused) {
        js_free(p->ctx, scheme.data);
        return;
    }

    js_free(p->ctx, url->scheme.data);
    url->scheme = scheme;
    if (special != NULL && special->port == url->port) {
        url->port = -1;
    }
}

void web_url_set(JSContext *ctx, web_url_t *url, web_url_part_t part, base_slice_t input) {
    parser_t p = {.ctx = ctx, .url = url, .special = web_url_is_special(url), .override = true};
    web_buf_t buf = {0};
    p.rest = without_newlines(&p, input, &buf);

    switch (part) {
        case WEB_URL_PROTOCOL:
            set_protocol(&p);
            break;
        case WEB_URL_HOST:
        case WEB_URL_HOSTNAME:
            (void)(is_file(url) ? file_host_state(&p) : host_state(&p, part == WEB_URL_HOSTNAME));
            break;
        case WEB_URL_PORT:
            (void)port_state(&p);
            break;
        case WEB_URL_PATH:
            url->path.len = 0;
            path_start_state(&p);
            break;
        case WEB_URL_QUERY:
            query_state(&p);
            break;
        case WEB_URL_FRAGMENT:
            fragment_state(&p);
            break;
    }

    js_free(ctx, buf.data);
}

void web_url_set_userinfo(JSContext *ctx, web_buf_t *part, base_slice_t input) {
    part->len = 0;
    web_percent_encode(ctx, part, input, WEB_ENCODE_USERINFO);
}

// ---- the serializer ----

void web_url_put_port(JSContext *ctx, const web_url_t *url, web_buf_t *out, const char *before) {
    if (url->port >= 0) {
        char text[BASE_DECIMAL_MAX];
        size_t len = base_put_decimal(text, (uint32_t)url->port);
        web_buf_put_text(ctx, out, before);
        web_buf_put(ctx, out, text, len);
    }
}

static void put_buf(JSContext *ctx, web_buf_t *out, const char *before, const web_buf_t *part) {
    web_buf_put_text(ctx, out, before);
    web_buf_put(ctx, out, part->data, part->len);
}

static void put_authority(JSContext *ctx, const web_url_t *url, web_buf_t *out) {
    put_buf(ctx, out, "//", &url->username);
    if (url->password.len > 0) {
        put_buf(ctx, out, ":", &url->password);
    }
    bool named = url->username.len > 0 || url->password.len > 0;
    put_buf(ctx, out, named ? "@" : "", &url->host);
    web_url_put_port(ctx, url, out, ":");
}

void web_url_serialize(JSContext *ctx, const web_url_t *url, web_buf_t *out, bool fragment) {
    bool two_slashes = url->path.len >= 2 && url->path.data[0] == '/' && url->path.data[1] == '/';
    put_buf(ctx, out, "", &url->scheme);
    web_buf_put_text(ctx, out, ":");
    if (url->has_host) {
        put_authority(ctx, url, out);
    } else if (!url->opaque_path && two_slashes) {
        web_buf_put_text(ctx, out, "/.");
    }

    put_buf(ctx, out, "", &url->path);
    if (url->has_query) {
        put_buf(ctx, out, "?", &url->query);
    }
    if (fragment && url->has_fragment) {
        put_buf(ctx, out, "#", &url->fragment);
    }
}

JSValue web_url_string(JSContext *ctx, const web_url_t *url) {
    web_buf_t text = {0};
    web_url_serialize(ctx, url, &text, true);
    return web_buf_string(ctx, &text);
}
