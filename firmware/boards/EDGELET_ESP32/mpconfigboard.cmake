# Any module with an ESP32 and 4 MB of flash; PSRAM is used where there is some. Wi-Fi.
set(IDF_TARGET esp32)

include(${CMAKE_CURRENT_LIST_DIR}/../esp32/esp32.cmake)
list(APPEND SDKCONFIG_DEFAULTS boards/sdkconfig.spiram)
