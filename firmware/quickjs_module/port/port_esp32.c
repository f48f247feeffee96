// ESP32 and its successors, with ESP-IDF's FreeRTOS. See port.h. Nothing here has been compiled with ESP-IDF yet.
//
// Each call runs in a FreeRTOS task of its own, on the core of MicroPython's task, which waits for it. A second task of
// higher priority on that core, the warden, is woken every millisecond while JavaScript runs. While the warden runs,
// JavaScript does not: the warden may suspend its task at any instruction, and MicroPython's task then deletes it.

#if defined(ESP_PLATFORM)

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "esp_app_desc.h"
#include "esp_heap_caps.h"
#include "esp_random.h"
#include "esp_task.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"

#include "py/mphal.h"

#include "port/port.h"

#define TICK_US (1000)

// Bytes. The reserve is for what runs between two of the engine's checks, see port_bare.h; with windowed registers
// (Xtensa) frames are larger than on Cortex-M.
#define STACK_SIZE (16 * 1024)
#define STACK_RESERVE (8 * 1024)

// MicroPython's task has ESP_TASK_PRIO_MIN + 1 (ports/esp32/main.c).
#define CALL_PRIORITY (ESP_TASK_PRIO_MIN + 1)
#define WARDEN_PRIORITY (ESP_TASK_PRIO_MIN + 2)
#define WARDEN_STACK (2048)

// Between 1970 and 2000, from which on this port of MicroPython counts.
#define EPOCH_US (946684800000000)

static StackType_t call_stack[(STACK_SIZE + STACK_RESERVE) / sizeof(StackType_t)];
static StaticTask_t call_tcb;

static struct {
    TaskHandle_t task, warden;
    SemaphoreHandle_t ended;
    esp_timer_handle_t timer;
    void (*fn)(void *arg);
    void *arg;
    port_tick_t *tick;
    volatile bool returned, running;
    uint64_t clock_us; // port_time_us when port_ticks_us was 0
} call;

static uint64_t time_of_day_us(void) {
    struct timeval now;
    gettimeofday(&now, NULL);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_usec + EPOCH_US;
}

// gettimeofday takes a lock, which a call that is abandoned would keep: port_run reads the clock before a call.
uint64_t port_time_us(void) {
    return call.clock_us + port_ticks_us();
}

uint64_t port_ticks_us(void) {
    return (uint64_t)esp_timer_get_time();
}

// What Wi-Fi takes meanwhile counts too.
uint64_t port_cpu_us(void) {
    return port_ticks_us();
}

port_cpu_mark_t port_cpu_mark(void) {
    uint64_t now = port_cpu_us();
    return (port_cpu_mark_t){now, now, now};
}

uint64_t port_cpu_since(const port_cpu_mark_t *mark) {
    return port_cpu_us() - mark->cpu_us;
}

// True randomness while the radio is on (ESP-IDF, "Random Number Generation").
void port_random(void *buf, size_t len) {
    esp_fill_random(buf, len);
}

// PSRAM where there is some: Wi-Fi needs the internal RAM, which MALLOC_CAP_8BIT would give first.
static void *allocate(size_t size) {
    void *block = heap_caps_aligned_alloc(8, size, MALLOC_CAP_SPIRAM);
    if (block == NULL) {
        block = heap_caps_aligned_alloc(8, size, MALLOC_CAP_8BIT);
    }
    if (block != NULL) {
        memset(block, 0, size);
    }
    return block;
}

void *port_arena_alloc(size_t size) {
    return allocate(size);
}

void port_arena_free(void *block, size_t size) {
    (void)size;
    heap_caps_free(block);
}

size_t port_arena_give_back(void *block, size_t extent) {
    (void)block;
    return extent;
}

void *port_image_alloc(size_t size) {
    return allocate(size);
}

void port_image_free(void *block, size_t size) {
    (void)size;
    heap_caps_free(block);
}

size_t port_piece_size(void) {
    return 512;
}

size_t port_stack_max(void) {
    return STACK_SIZE;
}

size_t port_stack_default(void) {
    return STACK_SIZE;
}

const void *port_stack_low(void) {
    return call_stack;
}

// FreeRTOS knows of a task's one stack only.
size_t port_fiber_size(void) {
    return 0;
}

port_fiber_t *port_fiber_new(void *block, void (*fn)(void *arg), void *arg) {
    (void)block;
    (void)fn;
    (void)arg;
    return NULL;
}

bool port_fiber_go_on(port_fiber_t *fiber) {
    (void)fiber;
    return true;
}

void port_fiber_leave(void) {
}

size_t port_fiber_depth(const port_fiber_t *fiber) {
    (void)fiber;
    return 0;
}

void port_fiber_keep(const port_fiber_t *fiber, void *to) {
    (void)fiber;
    (void)to;
}

void port_fiber_put_back(const port_fiber_t *fiber, const void *from) {
    (void)fiber;
    (void)from;
}

void port_fiber_wipe(port_fiber_t *fiber) {
    (void)fiber;
}

void port_build_id(uint8_t id[8]) {
    memcpy(id, esp_app_get_description()->app_elf_sha256, 8);
}

void port_firmware_id(uint8_t id[8]) {
    port_build_id(id);
}

static void wake_warden(void *arg) {
    (void)arg;
    xTaskNotifyGive(call.warden);
}

static void warden_task(void *arg) {
    (void)arg;
    for (;;) {
        ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
        if (call.running && call.tick()) {
            call.running = false;
            vTaskSuspend(call.task);
            xSemaphoreGive(call.ended);
        }
    }
}

// Ends the call from inside. The task that waits for it deletes this one. Until `running` is false the warden may stop
// it, as if it had not come here.
static _Noreturn void end(bool returned) {
    call.running = false;
    call.returned = returned;
    xSemaphoreGive(call.ended);
    for (;;) {
        vTaskSuspend(NULL);
    }
}

static void call_task(void *arg) {
    (void)arg;
    call.task = xTaskGetCurrentTaskHandle();
    call.running = true;
    call.fn(call.arg);
    end(true);
}

_Noreturn void port_abandon(void) {
    end(false);
}

static void esp32_initialize(void) {
    const esp_timer_create_args_t timer = {.callback = wake_warden, .name = "edgelet"};
    call.ended = xSemaphoreCreateBinary();
    BaseType_t made = xTaskCreatePinnedToCore(
        warden_task, "warden", WARDEN_STACK, NULL, WARDEN_PRIORITY, &call.warden, MP_TASK_COREID);
    if (call.ended == NULL || made != pdPASS) {
        abort();
    }
    ESP_ERROR_CHECK(esp_timer_create(&timer, &call.timer));
}

bool port_run(void (*fn)(void *arg), void *arg, port_tick_t *tick) {
    if (call.timer == NULL) {
        esp32_initialize();
    }

    call.fn = fn;
    call.arg = arg;
    call.tick = tick;
    call.returned = false;
    call.clock_us = time_of_day_us() - port_ticks_us();

    ESP_ERROR_CHECK(esp_timer_start_periodic(call.timer, TICK_US));
    TaskHandle_t task = xTaskCreateStaticPinnedToCore(call_task, "javascript", sizeof(call_stack) / sizeof(StackType_t),
        NULL, CALL_PRIORITY, call_stack, &call_tcb, MP_TASK_COREID);

    xSemaphoreTake(call.ended, portMAX_DELAY);
    esp_timer_stop(call.timer);
    vTaskDelete(task);
    return call.returned;
}

#endif // defined(ESP_PLATFORM)
