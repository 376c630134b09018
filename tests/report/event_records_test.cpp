// Event files of TensorBoard, byte by byte. The golden bytes are those of tensorboard 2.21's own
// RecordWriter and Event.SerializeToString().
#include "lora/report/event_records.h"

#include <limits>
#include <string>

#include "io/bytes.h"
#include "lora/io/crc32c.h"
#include "support/catch.h"

using namespace lora;
using namespace lora::test;

namespace {

const std::string kVersionRecord =
    from_hex("1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110");
const std::string kScalarRecord = from_hex(
    "3200000000000000241956ec0900005040fc54d94110ac022a240a110a0a747261696e2f6c6f737315cdcccc3d0a0f"
    "0a08747261696e2f6c721582a8fbb730c0073a");

}  // namespace

TEST_CASE("CRC-32C has the values of RFC 3720", "[io][events]") {
  CHECK(crc32c(as_bytes("123456789")) == 0xE3069283);
  CHECK(crc32c({}) == 0);
  CHECK(crc32c(as_bytes(std::string(32, '\0'))) == 0x8A9136AA);
  CHECK(crc32c(as_bytes(std::string(32, '\xFF'))) == 0x62A8AB43);
}

TEST_CASE("events have the bytes that TensorBoard writes", "[report][events]") {
  CHECK(framed_record(version_event(1700000000.5)) == kVersionRecord);
  CHECK(framed_record(scalar_event(1700000001.25, 300,
                                   {{"train/loss", 0.1}, {"train/lr", -3e-5}})) == kScalarRecord);
}

TEST_CASE("long names and large steps take several bytes for their lengths", "[report][events]") {
  const std::string record = framed_record(
      scalar_event(1, (std::int64_t{1} << 40) + 5,
                   {{"val/" + std::string(200, 'x'), std::numeric_limits<double>::infinity()}}));
  CHECK(record.substr(0, 38) ==
        from_hex("ea00000000000000ace9258c09000000000000f03f108580808080202ad7010ad4010acc0176"
                 "616c2f")
            .substr(0, 38));
  CHECK(record.substr(record.size() - 9) == from_hex("150000807feb00e53e"));
}

TEST_CASE("an event file is cut behind the last record of a step", "[report][events]") {
  std::string file = kVersionRecord;
  for (const int step : {0, 1, 200, 300}) file += framed_record(scalar_event(1, step, {{"a", 1}}));
  const std::size_t record = framed_record(scalar_event(1, 1, {{"a", 1}})).size();
  CHECK(records_until(file, 0).size() == kVersionRecord.size() + record);
  CHECK(records_until(file, 1).size() == kVersionRecord.size() + 2 * record);
  CHECK(records_until(file, 200).size() == kVersionRecord.size() + 3 * record + 1);
  CHECK(records_until(file, 300) == file);
  CHECK(records_until(file.substr(0, file.size() - 1), 300) == records_until(file, 200));
  std::string damaged = file;
  damaged[kVersionRecord.size() + 15] ^= 1;
  CHECK(records_until(damaged, 300) == kVersionRecord);
  damaged = file;
  damaged[kVersionRecord.size()] ^= 1;
  CHECK(records_until(damaged, 300) == kVersionRecord);
}

TEST_CASE("only what begins with the version of events is an event file", "[report][events]") {
  CHECK(is_event_file(kVersionRecord + "more"));
  CHECK_FALSE(is_event_file(kScalarRecord));
  CHECK_FALSE(is_event_file("dear diary"));
  CHECK_FALSE(is_event_file(""));
}
