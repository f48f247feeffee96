// import nameservers: those that the network has told, of which MicroPython's own interfaces give the first only.
//
// told() -> the texts of their IPv4 addresses, in the order in which to ask them; none where the network has told none.
#include "py/runtime.h"

#include <string.h>

#include "lwip/dns.h"

static mp_obj_t nameservers_told(void) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    for (u8_t i = 0; i < DNS_MAX_SERVERS; i++) {
        const ip_addr_t *server = dns_getserver(i);
        if (IP_IS_V4(server) && !ip_addr_isany(server)) {
            char text[IPADDR_STRLEN_MAX];
            ipaddr_ntoa_r(server, text, sizeof(text));
            mp_obj_list_append(list, mp_obj_new_str(text, strlen(text)));
        }
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_0(nameservers_told_obj, nameservers_told);

static const mp_rom_map_elem_t nameservers_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_nameservers)},
    {MP_ROM_QSTR(MP_QSTR_told), MP_ROM_PTR(&nameservers_told_obj)},
};
static MP_DEFINE_CONST_DICT(nameservers_globals, nameservers_globals_table);

const mp_obj_module_t nameservers_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&nameservers_globals,
};
MP_REGISTER_MODULE(MP_QSTR_nameservers, nameservers_module);
