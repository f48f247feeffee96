// QuickJS, unmodified, with access to the few private fields that isolates need.
//
// engine.c includes the engine's sources as one translation unit. Nothing else may include quickjs.c.

#ifndef EDGELET_ENGINE_H
#define EDGELET_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base_slice.h"
#include "quickjs.h"

// Makes the value of a lazy property. `name` is the property's name. Returns an exception as engine functions do.
typedef JSValue (*engine_make_t)(JSContext *ctx, const char *name);

// A runtime that allocates with `mf` only, and a context with the standard built-ins: those that few handlers touch
// (Map, Date, typed arrays, Proxy, ...) come into being when their global is first read. eval and Function throw an
// EvalError; no Atomics and no SharedArrayBuffer, no performance, time zone UTC.
//
// The rule for full memory, in the engine and in all that runs in it: `mf` gives no NULL. What does not fit leaves by a
// jump, and with its memory all is lost that was under way. So nobody looks whether js_malloc, JS_NewObject,
// JS_NewString, JS_NewAtom or defining a property of a new object failed: what can fail for memory only does not come
// back. What runs a handler's code, converts its values or reads its objects throws for other reasons too, and is
// looked at.
JSContext *engine_new(const JSMallocFunctions *mf, void *opaque);

// Gives `obj` a writable, configurable, non-enumerable property whose value `make` returns on first access.
// `make` must not change `obj`.
void engine_define_lazy(JSContext *ctx, JSValueConst obj, const char *name, engine_make_t make);

// The groups of built-ins that come into being when one of their globals is first read.
typedef enum {
    ENGINE_MAP_SET,      // Map, Set, WeakMap, WeakSet
    ENGINE_TYPED_ARRAYS, // ArrayBuffer and Uint8Array; its kin come into being one by one
    ENGINE_DATA_VIEW,
    ENGINE_DATE,
    ENGINE_PROXY,
    ENGINE_WEAK_REF, // WeakRef, FinalizationRegistry
    ENGINE_DOM_EXCEPTION,
    ENGINE_GROUP_COUNT,
} engine_group_t;

// Native code that makes objects of a group's classes calls this first: whatever a handler did to the global, the
// class is there afterwards. Runs no code of the handler's.
void engine_need(JSContext *ctx, engine_group_t group);

// Lets JS_Eval compile source text in this context; without effect in builds without a parser.
void engine_enable_compiler(JSContext *ctx);

// Where a bundler has taken a piece of its output from. Lines and columns are counted from 1.
typedef struct _engine_origin_t {
    uint32_t line, column; // in the output; it is valid from there to the next one of that line
    uint32_t source;       // index of the file
    uint32_t source_line, source_column;
} engine_origin_t;

typedef struct _engine_origins_t {
    const engine_origin_t *items; // sorted by line and column
    size_t count;
    const char *const *sources; // the files' paths
    size_t source_count;
} engine_origins_t;

// What follows the path of a module whose top level comes from several files: positions in it stay those of the output.
#define ENGINE_OUTPUT_SUFFIX " (bundle)"

// Has the functions of a module that was compiled, and has not run, tell positions in the files that they come from.
// Without effect on a stripped one. Not in builds without a parser.
void engine_set_origins(JSContext *ctx, JSValueConst module, const engine_origins_t *origins);

// Brings up every lazy property whose name occurs in the bytecode that has been loaded: what the function's requests
// are likely to touch. Must run before any of that bytecode does, so that nothing but built-ins is called.
// 0, or -1 with a pending exception.
int engine_warm(JSContext *ctx);

// Where those parts of functions lie that never change once they are read: bytecode, tables of variables, constants and
// lines, source. Without it they are in the arena, about half of an application's image on 32 bits.
typedef struct _engine_code_t {
    const uint8_t *memory; // where they are to lie, aligned to 8
    size_t size;           // bytes there
    // They are copied to a part of that memory's content, and what is read serves for nothing else; NULL where the
    // memory holds all of them, which is verified.
    uint8_t *part;
    size_t part_at, part_size; // where the part begins in the memory, and its bytes
    size_t used;               // bytes of the memory that they take, more than `size` where they do not fit
    size_t longest;            // bytes of the longest function's bytecode and lines: they are in the arena at first
    bool differs;              // something else is there: no function that was read may run
} engine_code_t;

// What is read from bytecode has its code there, until this is called with NULL. Reading the same in the same way, from
// engine_new on, gives the same code again, to the address.
void engine_place_code(engine_code_t *code);

// What a restored context needs before it runs: a fresh Math.random state (0 is replaced) and the stack limits
// of the C stack that it is called on.
void engine_renew(JSContext *ctx, uint64_t random_state, size_t stack);

// Makes the engine call its interrupt handler at the next poll. Safe in interrupt context.
void engine_interrupt_soon(JSContext *ctx);

// Writes the JavaScript stack as text, a line a frame ("    at name (file:line:column)\n"), NUL terminated and cut to
// `size` bytes. Allocates nothing and checks every pointer against the arena and the memory where code lies, so that it
// may be called at any instruction.
void engine_backtrace(JSContext *ctx, char *out, size_t size, base_slice_t arena, base_slice_t code);

// Whether a value is an object whose Symbol.toStringTag is that text. Throws nothing.
bool engine_has_tag(JSContext *ctx, JSValueConst value, const char *tag);

// Whether the exception is the engine's own stack overflow error.
bool engine_is_stack_overflow(JSContext *ctx, JSValueConst exception);

// The first id that is free for classes of others.
extern const JSClassID engine_first_class;
// Room for the classes with ids below `count`, without the half as much again that the engine makes where there is
// none.
void engine_reserve_classes(JSContext *ctx, JSClassID count);

// The bytes of a typed array or DataView, in place and as they are now, whatever a handler did to its properties.
// 1, 0 when value is neither, -1 with a pending TypeError when its buffer is detached or too short by now.
int engine_view_bytes(JSContext *ctx, JSValueConst value, uint8_t **data, size_t *len);
// The same for an ArrayBuffer too (Web IDL's BufferSource). Valid until a script runs; runs none itself.
int engine_buffer_source(JSContext *ctx, JSValueConst value, base_slice_t *bytes);

// What a typed array or DataView shows of its buffer, as it is now.
typedef struct _engine_view_t {
    JSValue buffer;
    size_t offset, len;    // in bytes
    uint16_t class;        // of views: for engine_new_view
    uint8_t element_bytes; // 1 for a DataView
} engine_view_t;

// 1 with a counted buffer, 0 when value is no view, -1 with a pending TypeError as engine_view_bytes.
int engine_view_of(JSContext *ctx, JSValueConst value, engine_view_t *view);
// A view of that class over `len` bytes of another buffer, or an exception where that is too short.
JSValue engine_new_view(JSContext *ctx, const engine_view_t *view, JSValueConst buffer, size_t offset, size_t len);
// A Uint8Array over a part of a buffer.
JSValue engine_new_bytes(JSContext *ctx, JSValueConst buffer, size_t offset, size_t len);
// The content of an ArrayBuffer in a new one of fixed length; the old one is detached. TypeError where it is already,
// or where it must stay.
JSValue engine_transfer_buffer(JSContext *ctx, JSValueConst buffer);

// UTF-8 of the value as a string, with U+FFFD for a lone surrogate (a USVString): the form in which text leaves
// JavaScript. Free it with JS_FreeCString. NULL with a pending exception.
const char *engine_usv_string(JSContext *ctx, size_t *len, JSValueConst value);

// A DOMException of that name; the text is its message.
JSValue engine_dom_exception(JSContext *ctx, const char *name, const char *message);

// What the constructor of a class that extends Error does: argv[0], which must be there, is the message.
JSValue engine_construct_error(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv);

// A member of an object as a boolean. 0, or -1 with a pending exception.
int engine_read_flag(JSContext *ctx, JSValueConst object, const char *name, bool *flag);

// An object that inherits from `proto`, or from Object.prototype where that is undefined, with exact room for so many
// properties: where they are added one by one, up to half as many again stays empty.
JSValue engine_new_object(JSContext *ctx, JSValueConst proto, int properties);

// Whether the name is there as an atom: that of a property, or of anything else that the loaded bytecode names.
bool engine_knows_name(JSContext *ctx, const char *name);

// A pending promise that natives settle: without the two functions by which scripts would.
JSValue engine_promise_new(JSContext *ctx);
// Settle it unless it is settled. To resolve does what the resolve function of a promise does: an object's `then` is
// looked up, and called in a job.
void engine_promise_resolve(JSContext *ctx, JSValueConst promise, JSValueConst value);
void engine_promise_reject(JSContext *ctx, JSValueConst promise, JSValueConst reason);
// Has a job call `reaction`, an object of a class with a call function, once the promise is settled; its argument is
// what the promise was settled with.
void engine_promise_react(JSContext *ctx, JSValueConst promise, JSValueConst reaction);

// The asynchronous context of what runs: any value, undefined where there is none. What a promise calls once it is
// settled runs in the context of then() or await, and any other job without one.
JSValueConst engine_async_context(JSContext *ctx);
// Takes over the new one, and gives the one before.
JSValue engine_swap_async_context(JSContext *ctx, JSValue context);
// Has a function called, once, before the next job of a turn, or when all jobs have run that are there meanwhile: as
// Node.js calls what process.nextTick is given. Another one takes its place.
void engine_next_tick(JSContext *ctx, JSValueConst function);
// Runs what is next: 1, 0 where nothing is there, -1 with a pending exception.
int engine_run_job(JSContext *ctx);

// %AsyncIteratorPrototype%.
JSValue engine_async_iterator_proto(JSContext *ctx);
// An array with the items of an iterable, or an exception.
JSValue engine_list_of(JSContext *ctx, JSValueConst iterable);
// Whether a value is an object to iterate over, and neither a String nor one with a text of its own to stand for it. -1
// with a pending exception.
int engine_is_iterable(JSContext *ctx, JSValueConst value);
// The async iterator of an object (ECMA-262, GetIterator), or an exception.
JSValue engine_async_iterator(JSContext *ctx, JSValueConst iterable);
// { value, done }, which takes over the value.
JSValue engine_iterator_result(JSContext *ctx, JSValue value, bool done);

// An empty Map, and setting a value in one.
JSValue engine_map_new(JSContext *ctx);
void engine_map_set(JSContext *ctx, JSValueConst map, JSValueConst key, JSValueConst value);

// The namespace object of a module (JS_TAG_MODULE).
JSValue engine_module_namespace(JSContext *ctx, JSValueConst module);

// 16 hex digits, see engine_id.py.
extern const char engine_id[17];

#endif // EDGELET_ENGINE_H
