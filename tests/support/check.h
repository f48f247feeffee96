// What unit tests in C are made of.

#ifndef EDGELET_TESTS_CHECK_H
#define EDGELET_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>

// Ends the program with status 1, and says where, unless the condition is true.
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition);                                            \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif // EDGELET_TESTS_CHECK_H
