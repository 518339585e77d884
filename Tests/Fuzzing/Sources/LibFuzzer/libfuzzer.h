#include <stddef.h>
#include <stdint.h>

// libFuzzer's own changes of bytes, for a mutator that chooses where they go.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

// Runs libFuzzer as its own `main` would.
int LLVMFuzzerRunDriver(int *argumentCount, char ***arguments, int (*check)(const uint8_t *data, size_t size));
