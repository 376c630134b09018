// Prints the listing of all optimisers' steps, so that builds for different processors can be
// compared.
#include <cstdio>

#include "optim/optimizer_listing.h"

int main() {
  return std::fputs(lora::test::optimizer_listing().c_str(), stdout) < 0 ? 1 : 0;
}
