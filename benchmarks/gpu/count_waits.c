/* Counts the calls that make a program wait for its GPU: put it into LD_PRELOAD and ask cuda_waits().
 *
 *     cc -O2 -shared -fPIC -o count_waits.so count_waits.c -ldl
 *
 * libtorch takes CUDA's runtime from a library of its own, and the system's loader looks for its functions here first. It needs
 * no CUDA headers: all of these functions take pointers and integers and return an int. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_long waits;

long cuda_waits(void) { return waits; }

/* The library is loaded already, but not where RTLD_NEXT would look. */
static void *real(const char *name)
{
    const char *libraries[] = { "libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0" };
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
        void *function = library ? dlsym(library, name) : NULL;
        if (function)
            return function;
    }
    fprintf(stderr, "count_waits: %s is in no library of CUDA's runtime that is loaded\n", name);
    abort();
}

#define COUNTED(name, parameters, arguments)                   \
    int name parameters                                        \
    {                                                          \
        static int(*_Atomic function) parameters;              \
        if (!function)                                         \
            function = (int(*) parameters)real(#name);         \
        waits++;                                               \
        return function arguments;                             \
    }

COUNTED(cudaStreamSynchronize, (void *stream), (stream))
COUNTED(cudaDeviceSynchronize, (void), ())
COUNTED(cudaEventSynchronize, (void *event), (event))
COUNTED(cudaMemcpy, (void *to, const void *from, size_t bytes, int kind), (to, from, bytes, kind))
