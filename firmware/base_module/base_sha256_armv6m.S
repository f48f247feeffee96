// SHA-256's compression (FIPS 180-4, section 6.2) for Armv6-M, the small instruction set of Cortex-M0 and M0+: 3,969 clock
// cycles a block on an RP2040, where mbedTLS' C takes 7,452 at best. See base_sha.h.
//
// void base_sha256_compress(uint32_t state[8], const uint32_t block[16])
//
// A compiler spends half of the time on moving eight words of state through eight registers. Here each has its place: a
// and e, which are rotated, in low registers, the others in high ones, which can only be moved and added; a round renames
// them in place of moving them. Rotations are nested: (x ror m) ^ (x ror n) is (x ^ (x ror (n - m))) ror m. The majority
// of a, b and c is ((a ^ b) & (b ^ c)) ^ b, where b ^ c is the a ^ b of the round before.
//
// 64 bytes of the stack hold the message schedule, as a ring of 16 words, and 16 below them what lies in its registers
// meanwhile; both are wiped. No branch and no address depends on the message.

#if defined(__ARM_ARCH_6M__)

    .syntax unified
    .thumb

    .section .rodata.base_sha256_constants, "a"
    .balign 4
base_sha256_constants:
    .word 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5
    .word 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174
    .word 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da
    .word 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967
    .word 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85
    .word 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070
    .word 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3
    .word 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
base_sha256_constants_end:

// A round. a is in r0, its constant at r7, e in \e, b ^ c in \bc; u: r4, v: r5. Afterwards a is in r0, e in \t, b ^ c in
// \k, and the high registers are, from b on: \h, \b, \c, \d, \f, \g.
.macro round number, e, t, bc, k, b, c, d, f, g, h
    ldr \t, [sp, #4 * (\number)]
    ldmia r7!, {r4}
    adds \t, r4
    add \t, \h
    movs r4, \e
    movs \k, #13
    rors r4, \k
    eors r4, \e
    movs \k, #14
    rors r4, \k
    eors r4, \e
    movs \k, #11
    rors r4, \k
    adds \t, r4
    mov r4, \f
    mov r5, \g
    eors r4, r5
    ands r4, \e
    eors r4, r5
    adds \t, r4
    movs r4, r0
    rors r4, \k
    eors r4, r0
    movs \k, #12
    rors r4, \k
    eors r4, r0
    movs \k, #22
    rors r4, \k
    mov r5, \b
    movs \k, r0
    eors \k, r5
    ands \bc, \k
    eors \bc, r5
    adds r4, \bc
    mov \h, r0
    adds r0, \t, r4
    add \t, \d
    mov \d, \e
.endm

// Two rounds, after which low registers are what they were.
.macro two number, b, c, d, f, g, h
    round \number, r1, r3, r2, r6, \b, \c, \d, \f, \g, \h
    round \number + 1, r3, r1, r6, r2, \h, \b, \c, \d, \f, \g
.endm

// A word of the schedule from those 16, 15, 7 and 2 before it, in the place of the first, which is in \w16; \w15 holds the
// second afterwards. r4 to r7: 11, 7, 2 and 17.
.macro expand number, w16, w15
    ldr \w15, [sp, #4 * ((\number + 1) % 16 + 4)]
    movs r2, \w15
    rors r2, r4
    eors r2, \w15
    rors r2, r5
    lsrs r3, \w15, #3
    eors r2, r3
    adds \w16, r2
    ldr r3, [sp, #4 * ((\number + 14) % 16 + 4)]
    movs r2, r3
    rors r2, r6
    eors r2, r3
    rors r2, r7
    lsrs r3, r3, #10
    eors r2, r3
    adds \w16, r2
    ldr r2, [sp, #4 * ((\number + 9) % 16 + 4)]
    adds \w16, r2
    str \w16, [sp, #4 * (\number + 4)]
.endm

    .section .text.base_sha256_compress, "ax"
    .balign 4
    .global base_sha256_compress
    .type base_sha256_compress, %function
    .thumb_func
base_sha256_compress:
    push {r0, r4-r7, lr}
    mov r4, r8
    mov r5, r9
    mov r6, r10
    mov r7, r11
    push {r4-r7}
    sub sp, #64

    mov r2, sp
    .rept 4
    ldmia r1!, {r4-r7}
    rev r4, r4
    rev r5, r5
    rev r6, r6
    rev r7, r7
    stmia r2!, {r4-r7}
    .endr

    // b to d, f to h: r8 to r12, lr
    ldmia r0!, {r3-r7}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    movs r1, r7
    movs r2, r4
    eors r2, r5
    ldmia r0!, {r4-r6}
    mov r11, r4
    mov r12, r5
    mov lr, r6
    movs r0, r3
    ldr r7, .Lconstants
    b .Lsixteen
    .balign 4
.Lconstants:
    .word base_sha256_constants

.Lsixteen:
    two 0, r8, r9, r10, r11, r12, lr
    two 2, r12, lr, r8, r9, r10, r11
    two 4, r10, r11, r12, lr, r8, r9
    two 6, r8, r9, r10, r11, r12, lr
    two 8, r12, lr, r8, r9, r10, r11
    two 10, r10, r11, r12, lr, r8, r9
    two 12, r8, r9, r10, r11, r12, lr
    two 14, r12, lr, r8, r9, r10, r11
    // b to h are in r10, r11, r12, lr, r8, r9.
    mov r4, r8
    mov r8, r10
    mov r10, r12
    mov r12, r4
    mov r4, r9
    mov r9, r11
    mov r11, lr
    mov lr, r4

    ldr r4, .Lconstants_end
    cmp r7, r4
    bne .Lfurther
    ldr r4, .Laddress_of_end
    bx r4
.Lfurther:
    push {r0-r2, r7}
    movs r4, #11
    movs r5, #7
    movs r6, #2
    movs r7, #17
    ldr r0, [sp, #16]
    .irp number, 0, 2, 4, 6, 8, 10, 12, 14
    expand \number, r0, r1
    expand (\number + 1), r1, r0
    .endr
    pop {r0-r2, r7}
    ldr r4, .Laddress_of_sixteen
    bx r4
    .balign 4
.Lconstants_end:
    .word base_sha256_constants_end
.Laddress_of_sixteen:
    .word .Lsixteen + 1
.Laddress_of_end:
    .word .Lend + 1

.Lend:
    mov r2, sp
    movs r4, #0
    movs r5, #0
    movs r6, #0
    movs r7, #0
    .rept 4
    stmia r2!, {r4-r7}
    .endr
    push {r4-r7}
    add sp, #16 + 64
    pop {r4-r7}
    mov r3, r8
    mov r8, r4
    mov r2, r9
    mov r9, r5
    mov r5, r10
    mov r10, r6
    mov r6, r11
    mov r11, r7
    pop {r7}
    // a: r0, b: r3, c: r2, d: r5, e: r1, f: r6, g: r12, h: lr
    ldr r4, [r7]
    adds r0, r4
    stmia r7!, {r0}
    ldr r4, [r7]
    adds r3, r4
    stmia r7!, {r3}
    ldr r4, [r7]
    adds r2, r4
    stmia r7!, {r2}
    ldr r4, [r7]
    adds r5, r4
    stmia r7!, {r5}
    ldr r4, [r7]
    adds r1, r4
    stmia r7!, {r1}
    ldr r4, [r7]
    adds r6, r4
    stmia r7!, {r6}
    ldr r4, [r7]
    add r4, r12
    stmia r7!, {r4}
    ldr r4, [r7]
    add r4, lr
    str r4, [r7]
    pop {r4-r7, pc}
    .size base_sha256_compress, . - base_sha256_compress

#endif // __ARM_ARCH_6M__
