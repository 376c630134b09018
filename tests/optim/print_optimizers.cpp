// Prints the listing of Adam's steps, so that builds for different processors can be compared.
#include <cstdio>

#include "optim/adam_listing.h"

int main() {
  return std::fputs(lora::test::adam_listing().c_str(), stdout) < 0 ? 1 : 0;
}
