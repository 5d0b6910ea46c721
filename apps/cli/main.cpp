#include <cstdio>
int main() {
  std::puts("ds4 " DS4_VERSION);
}
