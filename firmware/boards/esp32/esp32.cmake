# What edgelet's ESP32 boards share. A board's mpconfigboard.cmake sets IDF_TARGET before it includes this file. Nothing of
# it has been built yet: ESP-IDF comes in no package.

set(EDGELET_ESP32_DIR ${CMAKE_CURRENT_LIST_DIR})
set(MICROPY_FROZEN_MANIFEST ${EDGELET_ESP32_DIR}/manifest.py)
list(APPEND MICROPY_SOURCE_BOARD ${EDGELET_ESP32_DIR}/../lwip/modnameservers.c)
list(APPEND MICROPY_DEF_BOARD MP_CONFIGFILE="${EDGELET_ESP32_DIR}/mpconfigesp32.h")

# ESP-IDF takes the path of the partition table from the configuration.
file(WRITE ${CMAKE_BINARY_DIR}/sdkconfig.partitions
    "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"${EDGELET_ESP32_DIR}/partitions.csv\"\n")
list(APPEND SDKCONFIG_DEFAULTS
    boards/sdkconfig.base
    ${EDGELET_ESP32_DIR}/sdkconfig.edgelet
    ${CMAKE_BINARY_DIR}/sdkconfig.partitions
)
