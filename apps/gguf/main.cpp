#include <cstdio>
int main() {
  std::puts("ds4-gguf " DS4_VERSION);
}
