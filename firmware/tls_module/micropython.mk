SRC_USERMOD_C += $(USERMOD_DIR)/tls_handshake.c $(USERMOD_DIR)/tls_rsa.c

ifeq ($(MICROPY_SSL_MBEDTLS),1)
CFLAGS_USERMOD += -DTLS_IN_SLICES=1
LDFLAGS_USERMOD += -Wl,--wrap=mbedtls_ssl_handshake,--wrap=mbedtls_pk_verify_ext,--wrap=mbedtls_pk_verify_restartable
LDFLAGS_USERMOD += -Wl,--wrap=mbedtls_mpi_exp_mod,--wrap=mbedtls_mpi_exp_mod_unsafe
TLS_PSS_H := $(USERMOD_DIR)/tls_pss.h
$(BUILD)/lib/mbedtls/library/ssl_tls12_client.o: CFLAGS += -include $(TLS_PSS_H)
endif
