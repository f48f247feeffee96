# For boards with the radio CYW43439.
set(MICROPY_PY_NETWORK_CYW43 ON)

# The SDK gives these headers to those who use its Bluetooth too. The port has one of the same name, which goes first.
cmake_language(DEFER CALL target_include_directories ${MICROPY_TARGET} SYSTEM PRIVATE
    ${PICO_SDK_PATH}/src/rp2_common/pico_cyw43_driver/include)
