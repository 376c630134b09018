// Prints the listing of draws, so that builds for different processors can be compared.
#include <cstdio>

#include "core/draw_listing.h"

int main() {
  return std::fputs(lora::test::draw_listing().c_str(), stdout) < 0 ? 1 : 0;
}
