"""The name servers of the network, for the Linux firmware: as firmware/boards/lwip/modnameservers.c tells them."""


def told():
    return ["192.0.2.1", "192.0.2.2"]
