// What Request and Response have in common: headers and a body (Fetch standard, sections 5.3 to 5.5).

#include "web/web_private.h"

void web_message_init(web_message_t *message) {
    *message = (web_message_t){
        .headers_object = JS_UNDEFINED, .body = {.content = {.text = JS_UNDEFINED}, .stream = JS_UNDEFINED}};
}

void web_message_free(JSRuntime *rt, web_message_t *message) {
    JS_FreeValueRT(rt, message->headers_object);
    web_headers_free(rt, message->headers);
    web_body_free(rt, &message->body);
}

void web_message_mark(JSRuntime *rt, const web_message_t *message, JS_MarkFunc *mark) {
    JS_MarkValue(rt, message->headers_object, mark);
    JS_MarkValue(rt, message->body.stream, mark);
}

web_headers_t *web_message_headers(JSContext *ctx, web_message_t *message) {
    if (message->headers != NULL) {
        return message->headers;
    }
    if (message->lines.data != NULL) {
        message->headers = web_headers_parse(ctx, message->lines);
        message->headers->immutable = true;
        return message->headers;
    }
    message->headers = web_headers_new(ctx);
    if (message->type != NULL) {
        web_headers_put(ctx, message->headers, "content-type", message->type);
    }
    return message->headers;
}

int web_message_fill_headers(JSContext *ctx, web_message_t *message, JSValueConst init) {
    JSValue value = JS_GetPropertyStr(ctx, init, "headers");
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : 0;
    }
    web_headers_free(JS_GetRuntime(ctx), message->headers);
    message->headers = web_headers_new(ctx);
    int result = web_headers_fill(ctx, message->headers, value);
    JS_FreeValue(ctx, value);
    return result;
}

int web_message_fill_body(JSContext *ctx, web_message_t *message, JSValueConst body, const char *type) {
    const char *body_type, *own_type;
    if (web_body_init(ctx, &message->body, body, &body_type, &own_type) < 0) {
        return -1;
    }
    if (type == NULL) {
        type = body_type;
    }
    if (own_type != NULL && message->headers == NULL) {
        message->headers = web_headers_new(ctx); // the text does not stay
    }
    if (message->headers == NULL) {
        message->type = type;
    } else if (type != NULL && !web_headers_has(message->headers, "content-type")) {
        web_headers_put(ctx, message->headers, "content-type", type);
    }
    JS_FreeCString(ctx, own_type);
    return 0;
}

int web_message_clone(JSContext *ctx, web_message_t *message, web_message_t *copy) {
    if (web_body_clone(ctx, &message->body, &copy->body) < 0) {
        return -1;
    }
    copy->lines = message->lines;
    copy->type = message->type;
    if (message->headers != NULL) {
        copy->headers = web_headers_copy(ctx, message->headers);
        copy->headers->immutable = message->headers->immutable;
    }
    return 0;
}

// ---- members of both classes ----

// The message behind an object of that class; TypeError for any other.
static web_message_t *expect_message(JSContext *ctx, int id, JSValueConst value) {
    return web_class_expect(ctx, (web_class_id_t)id, value);
}

JSValue web_message_get_headers(JSContext *ctx, JSValueConst this_val, int magic) {
    web_message_t *message = expect_message(ctx, magic, this_val);
    if (message == NULL) {
        return JS_EXCEPTION;
    }
    if (JS_IsUndefined(message->headers_object)) {
        message->headers_object = web_headers_object(ctx, web_message_headers(ctx, message));
    }
    return JS_DupValue(ctx, message->headers_object);
}

JSValue web_message_get_body(JSContext *ctx, JSValueConst this_val, int magic) {
    web_message_t *message = expect_message(ctx, magic, this_val);
    return message == NULL ? JS_EXCEPTION : web_body_stream(ctx, &message->body);
}

JSValue web_message_get_body_used(JSContext *ctx, JSValueConst this_val, int magic) {
    const web_message_t *message = expect_message(ctx, magic, this_val);
    return message == NULL ? JS_EXCEPTION : JS_NewBool(ctx, web_body_used(&message->body));
}

JSValue web_message_read(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    (void)argc, (void)argv;
    web_message_t *message = expect_message(ctx, magic >> 4, this_val);
    web_read_t how = (web_read_t)(magic & 15);
    if (message == NULL) {
        return web_reject_pending(ctx);
    }
    bool typed = how == WEB_READ_FORM_DATA || how == WEB_READ_BLOB;
    web_headers_t *headers = typed ? web_message_headers(ctx, message) : NULL;
    return web_body_read(ctx, &message->body, how, headers);
}
