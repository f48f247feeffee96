SRC_USERMOD_C += $(USERMOD_DIR)/pairheap.c
LDFLAGS_USERMOD += -Wl,--wrap=mp_pairheap_delete,--wrap=mp_pairheap_pairing
