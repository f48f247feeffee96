# edgelet's user C modules for MicroPython's ports that build with CMake:
# -DUSER_C_MODULES=.../firmware/micropython.cmake -DQUICKJS_DIR=<quickjs-ng's C sources> -DZLIB_DIR=<zlib's>
# -DMONOCYPHER_DIR=<Monocypher's> -DSCRYPT_DIR=<Tarsnap's scrypt>

include(${CMAKE_CURRENT_LIST_DIR}/asyncio_module/micropython.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/base_module/micropython.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/http_module/micropython.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/log_module/micropython.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/quickjs_module/micropython.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/stdin_module/micropython.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/tls_module/micropython.cmake)
