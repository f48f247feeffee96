# Any module with an ESP32 and 4 MB of flash. Wi-Fi.
set(IDF_TARGET esp32)

include(${CMAKE_CURRENT_LIST_DIR}/../esp32/esp32.cmake)
